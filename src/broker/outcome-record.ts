import type { AuditEvent, SecretUse } from '../audit/audit-event.ts'
import type { Action } from '../core/action.ts'
import type { RedactionSession } from '../redaction/redaction-port.ts'
import type { ResolvedSecret } from '../secrets/resolver.ts'
import type { Performed, ToolResult } from '../tools/tool-type.ts'
import type { MintedStep } from './minted-step.ts'
import type { BrokerOptions } from './options.ts'

/** What an outcome record is made of, besides what came of the step. */
export interface OutcomeInput {
  readonly options: BrokerOptions
  readonly state: { readonly session: RedactionSession; readonly startedAt: number }
  /** What intent and outcome share. */
  readonly common: Omit<AuditEvent, 'kind'>
  readonly action: Action
  readonly attempt: number
  readonly minted: MintedStep
}

/** Writes the one outcome record of a step. @throws BrokerError `audit_unavailable`. */
export async function recordOutcome(
  input: OutcomeInput,
  what: {
    path: string | null
    resolved: readonly ResolvedSecret[]
    unwatched: readonly string[]
    result?: ToolResult
    reason?: string
    error?: { code: string }
  },
): Promise<void> {
  const { options, state, attempt } = input
  const { result } = what
  const stale = what.resolved.filter((one) => one.stale).map(({ name }) => name)
  await options.trail.append({
    ...input.common,
    kind: 'outcome',
    ...(what.path === null ? {} : { path: what.path }),
    secrets: usesOf(what.resolved),
    ...(stale.length === 0 ? {} : { stale }),
    ...(what.unwatched.length === 0 ? {} : { unwatched: what.unwatched }),
    attempt,
    ...(result === undefined
      ? {}
      : { bytes: result.bytes, ...(result.status === null ? {} : { status: result.status }) }),
    redactions: { ...state.session.counts.byName },
    ...input.minted.outcome,
    ms: options.now() - state.startedAt,
    ...(what.reason === undefined ? {} : { reason: what.reason }),
    ...(what.error === undefined ? {} : { error: what.error }),
  })
}

/** A path as an outcome has it: whole, with each value by its name; where redaction fails, as the intent has it. */
export async function outcomePath({ options, state, action }: OutcomeInput): Promise<{
  readonly path: string | null
  readonly fault: boolean
}> {
  if (action.path === null) return { path: null, fault: false }
  try {
    return { path: state.session.text(action.path), fault: false }
  } catch {
    // Without a mask it is left out: the intent has it.
    const masked = await options.trail.maskPath(action.path).catch(() => null)
    return { path: masked, fault: true }
  }
}

/** The secrets themselves, then what their providers logged in with to fetch them. */
function usesOf(resolved: readonly ResolvedSecret[]): readonly SecretUse[] {
  const uses = new Map<string, SecretUse>()
  for (const one of [...resolved, ...resolved.flatMap(({ via }) => via)]) {
    if (!uses.has(one.name)) uses.set(one.name, secretUse(one, one.version))
  }
  return [...uses.values()]
}

/** A secret as the trail names it. */
export function secretUse(
  { name, provider, instance }: Pick<ResolvedSecret, 'name' | 'provider' | 'instance'>,
  version: string | null,
): SecretUse {
  return { name, provider, ...(instance === provider ? {} : { instance }), version }
}

/** Why an attempt was not the last word; nothing where it was. */
export function reasonOf(
  { kind }: Performed,
  attempt: number,
  unchanged: boolean,
): { reason?: string } {
  if (kind === 'done') return {}
  if (kind !== 'credential_rejected' || attempt === 1) return { reason: kind }
  return { reason: unchanged ? 'credential_unchanged' : 'credential_rejected_again' }
}
