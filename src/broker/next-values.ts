import { isRefusal } from '../core/refusal.ts'
import type { SecretEntry, Snapshot } from '../core/snapshot.ts'
import type { ResolvedSecret } from '../secrets/resolver.ts'

/**
 * Which values an action is performed with: `kept`, what may be in memory; `fresh`, fetched anew since one that was kept was
 * refused; `previous`, the versions that the current ones have just replaced, since those were refused.
 */
export type Values = 'kept' | 'fresh' | 'previous'

/** A refused action, and what it was performed with. */
export interface RefusedStep {
  readonly values: Values
  readonly resolved: readonly ResolvedSecret[]
  /** The upstream's status. */
  readonly status: number | null
  /** True where the fresh values were those that had just been refused: nothing was sent again. */
  readonly unchanged: boolean
}

/**
 * A refusal with a value that has just been found to be the current one says something else than "replaced", and an agent may
 * repeat it as often as it likes: its provider is left alone for this long, in ms. A 403 mostly means the request.
 */
const UNCHANGED_MS = { forbidden: 60_000, other: 1_000 } as const

/** Says with which values a refused action is tried once more; null where it is not. */
export type NextValues = (step: RefusedStep, snapshot: Snapshot) => Values | null

export function createNextValues({ now }: { readonly now: () => number }): NextValues {
  const unchangedAt = new WeakMap<SecretEntry, number>()

  function isKnownUnchanged({ status }: RefusedStep, entries: readonly SecretEntry[]): boolean {
    const forMs = status === 403 ? UNCHANGED_MS.forbidden : UNCHANGED_MS.other
    return entries.every((entry) => now() - (unchangedAt.get(entry) ?? -Infinity) < forMs)
  }

  return (step, snapshot) => {
    const entries = entriesOf(step, snapshot)
    if (step.unchanged) for (const entry of entries) unchangedAt.set(entry, now())
    // Only a value that was kept may have been replaced since; a fresh one that is refused is refused.
    const replaceable = step.values === 'kept' && step.resolved.some(({ cached }) => cached)
    if (replaceable && !isKnownUnchanged(step, entries)) return 'fresh'
    const overlaps = step.resolved.some((one) => mayUsePrevious(one, snapshot, now()))
    return step.values !== 'previous' && overlaps ? 'previous' : null
  }
}

/**
 * Whether the version before this one may be tried: only where the catalog says `rotation: overlap`, and only within `grace`
 * of the moment at which this one was made. INVARIANT: a refusal alone never brings an old value back; a rotation may have
 * been made to revoke it.
 */
export function mayUsePrevious(
  { name, createdAt }: Pick<ResolvedSecret, 'name' | 'createdAt'>,
  snapshot: Pick<Snapshot, 'secrets'>,
  now: number,
): boolean {
  const entry = snapshot.secrets.get(name)
  if (entry === undefined || isRefusal(entry)) return false
  return entry.overlapMs !== null && createdAt !== null && now - createdAt < entry.overlapMs
}

function entriesOf({ resolved }: RefusedStep, { secrets }: Snapshot): readonly SecretEntry[] {
  return resolved.flatMap(({ name }) => {
    const entry = secrets.get(name)
    return entry === undefined || isRefusal(entry) ? [] : [entry]
  })
}
