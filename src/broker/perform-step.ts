import type { AuditEvent, SecretUse } from '../audit/audit-event.ts'
import type { Action } from '../core/action.ts'
import { asBrokerError, BrokerError } from '../core/errors.ts'
import { isRefusal } from '../core/refusal.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { RedactionCounts, RedactionSession } from '../redaction/redaction-port.ts'
import type { ResolvedSecret } from '../secrets/resolver.ts'
import { valuesOf } from '../secrets/values.ts'
import type { CallRedaction, Performed, ToolResult } from '../tools/tool-type.ts'
import type { CallAnswer, CallRequest } from './call.ts'
import type { MintedStep } from './minted-step.ts'
import { mayUsePrevious, type Values } from './next-values.ts'
import type { BrokerOptions } from './options.ts'
import type { ReachableTool } from './prepare.ts'

/** One performed action, and the answer that it gives where nothing follows it. */
export interface Step {
  readonly performed: Performed
  readonly answer: CallAnswer
  /** What it was performed with. */
  readonly resolved: readonly ResolvedSecret[]
  readonly values: Values
  /** True where the fresh values were those that had just been refused: nothing was sent again. */
  readonly unchanged: boolean
}

interface StepInput {
  readonly options: BrokerOptions
  readonly state: {
    readonly id: string
    readonly request: CallRequest
    readonly session: RedactionSession
    readonly startedAt: number
    readonly snapshot: Snapshot
  }
  /** What intent and outcome share. */
  readonly common: Omit<AuditEvent, 'kind'>
  readonly tool: ReachableTool
  readonly action: Action
  readonly attempt: number
  /** Which values it is performed with. */
  readonly values: Values
  /** The attempt before, whose credential was refused; null in the first. */
  readonly rejected: Step | null
  /** Takes out of an answer what nobody registered, and knows afterwards what that was. */
  readonly minted: MintedStep
  /** Names of watched secrets that could not be read. */
  readonly unwatched: Promise<readonly string[]>
  /** Looks at what redaction found; true where the answer must be withheld. */
  withhold(counts: RedactionCounts): Promise<boolean>
}

/**
 * Resolves the secrets, performs the action and records the outcome; the intent is durable by now. Never throws: where the
 * outcome cannot be recorded, the answer is withheld.
 */
export async function performStep(input: StepInput): Promise<Step | CallAnswer> {
  const { options, state, action } = input
  let resolved: readonly ResolvedSecret[] = []
  let performed: Performed
  let unwatched: readonly string[] = []
  let unchanged = false
  const held = holdSecrets()
  try {
    // What only others need is looked at meanwhile; nothing is performed before redaction knows it.
    const [missed, values] = await Promise.all([input.unwatched, settle(resolveAll(input, held))])
    unwatched = missed
    resolved = values()
    unchanged = input.rejected !== null && sameValues(input.rejected.resolved, resolved)
    if (input.rejected !== null && unchanged) {
      performed = input.rejected.performed
    } else {
      performed = await input.tool.type.perform(action, input.tool.entry.settings, {
        secrets: valuesOf(resolved),
        signal: state.request.signal,
        redaction: redactionOf(state.session, input.minted),
        now: () => options.now(),
        register: (secret) => options.redactor.register(secret),
        progress: (message) => state.request.progress(state.session.text(message)),
      })
    }
  } catch (thrown) {
    const error = redactedError(asBrokerError(thrown), state.session)
    // Without a version before the current one, what the upstream said of the current one stands.
    if (input.values !== 'previous' || input.rejected === null || resolved.length > 0)
      return await recordedFailure(input, { resolved, unwatched, error })
    return await recorded(input, { ...input.rejected, unwatched, unchanged: true, error })
  } finally {
    held.release()
  }
  return recorded(input, { performed, resolved, unwatched, unchanged })
}

/** Waits for a result and gives it, or throws why there is none, when it is asked for. */
async function settle<T>(work: Promise<T>): Promise<() => T> {
  const [result] = await Promise.allSettled([work])
  return () => {
    if (result.status === 'fulfilled') return result.value
    throw result.reason
  }
}

/** Records what came of it, and gives the answer; whatever fails here, the action was performed, and the answer says so. */
async function recorded(
  input: StepInput,
  what: {
    performed: Performed
    resolved: readonly ResolvedSecret[]
    unwatched: readonly string[]
    unchanged: boolean
    error?: BrokerError
  },
): Promise<Step | CallAnswer> {
  const { state, values } = input
  const { performed, resolved, unwatched, unchanged } = what
  const { result } = performed
  let withheld: BrokerError | null
  try {
    withheld = (await input.withhold(state.session.counts)) ? probingError() : null
  } catch (thrown) {
    withheld = performedBut(asBrokerError(thrown), 'it could not be checked for probing')
  }
  try {
    await record(input, {
      resolved,
      unwatched,
      result,
      ...reasonOf(performed, input.attempt, unchanged),
      ...(what.error === undefined ? {} : { error: { code: what.error.code } }),
      ...(withheld === null ? {} : { error: { code: withheld.code } }),
    })
  } catch (thrown) {
    return {
      kind: 'failed',
      call: state.id,
      error: performedBut(asBrokerError(thrown), 'its outcome could not be recorded'),
    }
  }
  if (withheld !== null) return { kind: 'failed', call: state.id, error: withheld }
  const answer: CallAnswer = { kind: 'performed', call: state.id, result }
  return { performed, answer, resolved, values, unchanged }
}

function reasonOf({ kind }: Performed, attempt: number, unchanged: boolean): { reason?: string } {
  if (kind === 'done') return {}
  if (kind !== 'credential_rejected' || attempt === 1) return { reason: kind }
  return { reason: unchanged ? 'credential_unchanged' : 'credential_rejected_again' }
}

async function recordedFailure(
  input: StepInput,
  what: { resolved: readonly ResolvedSecret[]; unwatched: readonly string[]; error: BrokerError },
): Promise<CallAnswer> {
  const { error, ...rest } = what
  try {
    await record(input, { ...rest, error: { code: error.code } })
  } catch (thrown) {
    const unrecorded = asBrokerError(thrown)
    const message = `${error.message}; and the outcome could not be recorded: ${unrecorded.message}`
    return {
      kind: 'failed',
      call: input.state.id,
      error: new BrokerError(unrecorded.code, message),
    }
  }
  return { kind: 'failed', call: input.state.id, error }
}

/** What one step holds while it is performed; what comes in later, since another failed, is let go of at once. */
function holdSecrets() {
  let over = false
  const secrets: ResolvedSecret[] = []
  return {
    add(secret: ResolvedSecret): ResolvedSecret {
      if (over) secret.release()
      else secrets.push(secret)
      return secret
    },
    release(): void {
      over = true
      for (const secret of secrets.splice(0)) secret.release()
    },
  }
}

function redactionOf(session: RedactionSession, minted: MintedStep): CallRedaction {
  return {
    text: (text) => session.text(text),
    json: (value) => session.json(value),
    bytes: (bytes) => session.bytes(bytes),
    stream: () => session.stream(),
    mintedJson: (value, mayStore) => minted.mintedJson(value, mayStore),
    mintedText: (text, part) => minted.mintedText(text, part),
  }
}

async function resolveAll(
  input: StepInput,
  held: ReturnType<typeof holdSecrets>,
): Promise<readonly ResolvedSecret[]> {
  const { options, state, tool } = input
  return Promise.all(
    tool.entry.secrets.map(async (name) => {
      const entry = state.snapshot.secrets.get(name)
      if (entry === undefined || isRefusal(entry))
        throw new BrokerError('config_invalid', `secret \`${name}\` is not usable`)
      const { signal } = state.request
      const before = input.rejected?.resolved.find((one) => one.name === name)
      const previous =
        input.values === 'previous' &&
        before !== undefined &&
        mayUsePrevious(before, state.snapshot, options.now())
      const fresh = input.values === 'fresh'
      const version = previous ? 'previous' : 'current'
      return held.add(await options.resolver.resolve(entry, { signal, fresh, version }))
    }),
  )
}

// A fresh fetch that gave the value that was just refused would only be refused again.
function sameValues(before: readonly ResolvedSecret[], after: readonly ResolvedSecret[]): boolean {
  return after.every((secret, index) =>
    [...secret.fields].every(([field, value]) => {
      const old = before[index]?.fields.get(field)
      return old?.equals(value) === true
    }),
  )
}

async function record(
  input: StepInput,
  what: {
    resolved: readonly ResolvedSecret[]
    unwatched: readonly string[]
    result?: ToolResult
    reason?: string
    error?: { code: string }
  },
): Promise<void> {
  const { options, state, action, attempt } = input
  const { result } = what
  const stale = what.resolved.filter((one) => one.stale).map(({ name }) => name)
  await options.trail.append({
    ...input.common,
    kind: 'outcome',
    ...(action.path === null ? {} : { path: state.session.text(action.path) }),
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

function redactedError(error: BrokerError, session: RedactionSession): BrokerError {
  if (error.code === 'redaction_failed') {
    return new BrokerError(
      'redaction_failed',
      'the call was performed, and its answer is withheld: it could not be redacted',
    )
  }
  try {
    const fix = error.fix === null ? {} : { fix: session.text(error.fix) }
    return new BrokerError(error.code, session.text(error.message), fix)
  } catch {
    return new BrokerError(
      'redaction_failed',
      'the call failed, and why is withheld: it could not be redacted',
    )
  }
}

function probingError(): BrokerError {
  return new BrokerError(
    'redaction_failed',
    'the call was performed, and its answer is withheld: it held parts of secrets',
    {
      fix: 'tell the human: this agent is stopped until they clear it',
    },
  )
}

function performedBut(error: BrokerError, why: string): BrokerError {
  return new BrokerError(error.code, `the call was performed, and its answer is withheld: ${why}`)
}
