import type { SecretUse } from '../audit/audit-event.ts'
import type { Action } from '../core/action.ts'
import type { Decision } from '../core/decision.ts'
import { BrokerError } from '../core/errors.ts'
import { copyJson, type Json } from '../core/json.ts'
import { neededSecrets } from '../core/needed-secrets.ts'
import { isRefusal, type Refusal, refuse } from '../core/refusal.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { CallAnswer, CallRequest } from './call.ts'
import { type CallState, commonFields } from './call-state.ts'
import { type ConfigRecorder, createConfigRecorder } from './config-record.ts'
import { refusalOf, suggestionFor } from './judge.ts'
import { takeLimits } from './limits.ts'
import { createMintedGuard, type MintedGuard } from './minted-step.ts'
import { createNextValues, type NextValues, type Values } from './next-values.ts'
import type { BrokerOptions } from './options.ts'
import { secretUse } from './outcome-record.ts'
import { performStep, type Step } from './perform-step.ts'
import { canonicalAction, type ReachableTool, reach } from './prepare.ts'
import { createProbingGuard, type ProbingGuard } from './probing.ts'
import { createRefusals, type Refusals, type Refused } from './refusals.ts'
import { createWatch, type Watch } from './watch.ts'

/** Redirects that one call may follow. */
const MOST_HOPS = 5

/** The one pipeline that every call passes through. There is no second way to reach a secret. */
export class Broker {
  readonly #options: BrokerOptions
  readonly #config: ConfigRecorder
  readonly #minted: MintedGuard
  readonly #probing: ProbingGuard
  readonly #watch: Watch
  readonly #nextValues: NextValues
  readonly #refusals: Refusals

  constructor(options: BrokerOptions) {
    this.#options = options
    this.#config = createConfigRecorder(options)
    this.#minted = createMintedGuard(options)
    this.#probing = createProbingGuard(options)
    this.#watch = createWatch(options)
    this.#nextValues = createNextValues(options)
    this.#refusals = createRefusals(options)
  }

  /** Performs one call, or says why not. Never throws; every call leaves at least one record. */
  async call(request: CallRequest): Promise<CallAnswer> {
    const id = this.#options.newCallId()
    const session = this.#options.redactor.session()
    try {
      const startedAt = this.#options.now()
      const snapshot = await this.#options.snapshot()
      const state: CallState = { id, request, session, startedAt, snapshot }
      await this.#config.record(snapshot)
      const answer = await this.#run(state)
      return answer.kind === 'refusing' ? await this.#refusals.answer(state, answer) : answer
    } catch (thrown) {
      return this.#refusals.fault(id, request, thrown)
    }
  }

  async #run(state: CallState): Promise<CallAnswer | Refused> {
    const { request, snapshot } = state
    const stopped = await this.#probing.stopped(snapshot.agent)
    if (stopped !== null) return refusedBy(stopped)

    const held = await this.#inspectInput(state)
    if (held !== null) return refusedBy(held)

    const tool = reach(snapshot, request.tool, this.#options.toolTypes)
    if (isRefusal(tool)) return refusedBy(tool)

    let action = canonicalAction(tool, request.input)
    if (isRefusal(action)) return refusedBy(action)

    let attempt = 1
    let hops = 0
    let values: Values = 'kept'
    let rejected: Step | null = null
    for (;;) {
      const step = await this.#step(state, tool, action, { attempt, values, rejected })
      if ('kind' in step) return hops === 0 ? step : atHop(step)
      const { performed, answer } = step
      const again =
        performed.kind === 'credential_rejected'
          ? this.#nextValues({ ...step, status: performed.result.status }, snapshot)
          : null
      if (again !== null) {
        attempt += 1
        values = again
        rejected = step
        continue
      }
      if (performed.kind !== 'redirect' || hops === MOST_HOPS) return answer
      const next = canonicalAction(tool, performed.input)
      if (isRefusal(next)) return answer
      hops += 1
      attempt = 1
      values = 'kept'
      rejected = null
      action = next
    }
  }

  /** Decides, counts, records and performs one action: the call's own, a retry of it, or one hop of a redirect. */
  async #step(
    state: CallState,
    tool: ReachableTool,
    action: Action,
    which: { readonly attempt: number; readonly values: Values; readonly rejected: Step | null },
  ): Promise<Step | CallAnswer | Refused> {
    const { attempt } = which
    const { agent, policy, counters, now } = this.#options
    // After a wait the decision is asked again, of the rules of now; the rest runs on the snapshot that it started with.
    const current =
      attempt === 1
        ? tool
        : reach(await this.#options.snapshot(), tool.entry.name, this.#options.toolTypes)
    if (isRefusal(current))
      return { kind: 'refusing', refusal: current, action, decision: null, suggestion: null }
    const decision = await policy.decide(action, current.slice, now())
    const denied = refusalOf(agent, decision)
    if (denied !== null) {
      return {
        kind: 'refusing',
        refusal: denied,
        action,
        decision,
        suggestion: suggestionFor(agent, tool.type, action, decision),
      }
    }

    const unapproved = await this.#approve(state, action, decision)
    if (unapproved !== null)
      return { kind: 'refusing', refusal: unapproved, action, decision, suggestion: null }

    const full = await takeLimits(counters, agent, tool.entry.name, decision, now())
    if (full !== null)
      return { kind: 'refusing', refusal: full, action, decision, suggestion: null }

    const due = this.#watch.due(state.snapshot)
    const common = commonFields(state, action, decision)
    await this.#options.trail.append({
      ...common,
      kind: 'intent',
      ...(action.path === null ? {} : { path: await this.#options.trail.maskPath(action.path) }),
      secrets: intentSecrets(state.snapshot, tool, due),
      attempt,
    })
    // INVARIANT: from here on the call has an intent record, and exactly one outcome record follows it.
    return performStep({
      options: this.#options,
      state,
      common,
      tool,
      action,
      ...which,
      minted: this.#minted.step(tool.entry.minted, state.snapshot),
      unwatched: this.#watch.read(due, state.request.signal),
      withhold: (counts) => this.#probing.sawAnswer(agent, state.id, counts),
    })
  }

  async #inspectInput(state: CallState): Promise<Refusal | null> {
    const { agent, redactor } = this.#options
    const finding = redactor.inspectInput({
      tool: state.request.tool,
      input: asJson(state.request.input),
    })
    if (finding === null) return null
    if (await this.#probing.sawInput(agent, state.id)) {
      return (await this.#probing.stopped(agent)) ?? refuse('probing', 'the agent is stopped')
    }
    // Which value it was, or whether all of it, is not said: that would answer a guess.
    return refuse(
      'input_holds_secret',
      'the input holds what looks like a secret',
      'leave credentials out: keyhand puts them in itself; if a key was pasted into the chat, tell the human to replace it',
    )
  }

  async #approve(state: CallState, action: Action, decision: Decision): Promise<Refusal | null> {
    if (decision.approval === null) return null
    const { approver, agent } = this.#options
    if (approver === null) {
      return refuse(
        'needs_approval',
        'this call needs approval by a human: none is set up',
        'ask the human to do it, or to allow it without approval',
      )
    }
    const answer = await approver.ask(
      { call: state.id, agent, action, rules: decision.rules },
      state.request.signal,
    )
    return answer.approved
      ? null
      : refuse('needs_approval', `the call was not approved: ${answer.reason}`)
  }
}

function intentSecrets(
  snapshot: Snapshot,
  tool: ReachableTool,
  due: readonly { name: string }[],
): readonly SecretUse[] {
  const names = [...tool.entry.secrets, ...due.map(({ name }) => name)]
  return neededSecrets(names, snapshot.secrets).map((entry) => secretUse(entry, null))
}

function refusedBy(refusal: Refusal): Refused {
  return { kind: 'refusing', refusal, action: null, decision: null, suggestion: null }
}

// What an upstream pointed to is not what the agent asked for: the rule that would allow it is not offered.
function atHop(step: CallAnswer | Refused): CallAnswer | Refused {
  if (step.kind !== 'refusing') return step
  return {
    ...step,
    suggestion: null,
    refusal: {
      ...step.refusal,
      message: `the upstream redirected, and the redirect is refused: ${step.refusal.message}`,
    },
  }
}

function asJson(input: unknown): Json {
  if (input === undefined) return null
  try {
    return copyJson(input)
  } catch {
    throw new BrokerError('internal', 'the input is not JSON')
  }
}
