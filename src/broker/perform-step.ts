import type { AuditEvent } from '../audit/audit-event.ts'
import type { Action } from '../core/action.ts'
import { asBrokerError, BrokerError } from '../core/errors.ts'
import { isRefusal } from '../core/refusal.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { RedactionCounts, RedactionSession } from '../redaction/redaction-port.ts'
import type { ResolvedSecret } from '../secrets/resolver.ts'
import { valuesOf } from '../secrets/values.ts'
import type { CallRedaction, Performed } from '../tools/tool-type.ts'
import type { CallAnswer, CallRequest } from './call.ts'
import type { MintedStep } from './minted-step.ts'
import { mayUsePrevious, type Values } from './next-values.ts'
import type { BrokerOptions } from './options.ts'
import { outcomePath, reasonOf, recordOutcome } from './outcome-record.ts'
import type { ReachableTool } from './prepare.ts'
import { performedBut, probingError, redactedError, redactionFault } from './withheld-answer.ts'

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
  const { path, fault } = await outcomePath(input)
  if (fault) withheld ??= performedBut(redactionFault(), 'it could not be redacted')
  try {
    await recordOutcome(input, {
      path,
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

async function recordedFailure(
  input: StepInput,
  what: { resolved: readonly ResolvedSecret[]; unwatched: readonly string[]; error: BrokerError },
): Promise<CallAnswer> {
  const { error, ...rest } = what
  const { path } = await outcomePath(input)
  try {
    await recordOutcome(input, { path, ...rest, error: { code: error.code } })
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
