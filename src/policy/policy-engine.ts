import type { AuthorizationAnswer, CedarValueJson, Context } from '@cedar-policy/cedar-wasm/nodejs'
import type { Action, Fact, Facts } from '../core/action.ts'
import type { Decision } from '../core/decision.ts'
import { BrokerError } from '../core/errors.ts'
import { positionText } from '../core/rule.ts'
import type { ConfigProblem, GuardrailFile } from '../core/snapshot.ts'
import { type Cedar, loadCedar } from './cedar.ts'
import { cedarSchemaText, type FactsByType } from './cedar-schema.ts'
import { factsFault, pickFacts } from './check-facts.ts'
import { type CompiledSlice, compileSlice } from './compile-slice.ts'
import { createDecisionCache, type DecisionCache } from './decision-cache.ts'
import { allowDecision, denyDecision, policyError } from './decisions.ts'
import { type Guardrails, readGuardrails } from './guardrails.ts'
import type { Slice } from './slice.ts'

export interface PolicyEngine {
  /**
   * What is wrong in the guardrail files, with file, line and column; empty where nothing is. An error in any of them refuses
   * every call.
   *
   * @throws BrokerError `policy_failed` where Cedar itself fails.
   */
  checkGuardrails(files: readonly GuardrailFile[]): Promise<readonly ConfigProblem[]>
  /**
   * What the slice says of the action at this moment, in ms since the epoch. Never throws: whatever goes wrong is a deny with the
   * reason `policy_error`.
   */
  decide(action: Action, slice: Slice, now: number): Promise<Decision>
}

export interface PolicyEngineOptions {
  /** The facts of each tool type, by its name. */
  readonly facts: FactsByType
  readonly load?: () => Promise<Cedar>
}

interface ReadySlice {
  readonly compiled: CompiledSlice
  readonly id: string
  /** Null where guardrails may ask about any fact, in ways that only Cedar knows. */
  readonly decisions: DecisionCache | null
}

// Cedar keeps each pre-parsed set for ever under its name, so there is a fixed number of names, the longest unused taken anew.
const SLOTS = 64

// The names stand in one table for the whole process, whichever engine made them.
let engines = 0

export function createPolicyEngine(options: PolicyEngineOptions): PolicyEngine {
  const { facts, load = loadCedar } = options
  const engine = `keyhand-${++engines}`
  const schema = cedarSchemaText(facts)
  const read = new WeakMap<readonly GuardrailFile[], Guardrails>()
  const free = Array.from({ length: SLOTS }, (_, index) => `${engine}-${index}`)
  const ready = new Map<Slice, ReadySlice>()
  let latest: { text: string; guardrails: Guardrails } | null = null
  let loading: Promise<Cedar> | null = null

  async function loaded(): Promise<Cedar> {
    loading ??= load()
    try {
      return await loading
    } catch (thrown) {
      loading = null
      throw thrown
    }
  }

  // A change elsewhere gives new objects with the same text, and reading takes tens of ms.
  function guardrailsOf(cedar: Cedar, files: readonly GuardrailFile[]): Guardrails {
    const known = read.get(files)
    if (known !== undefined) return known
    const text = JSON.stringify(files.map(({ file, text: content }) => [file, content]))
    if (latest?.text !== text) latest = { text, guardrails: readGuardrails(cedar, files, schema) }
    read.set(files, latest.guardrails)
    return latest.guardrails
  }

  function prepare(cedar: Cedar, slice: Slice, guardrails: Guardrails): ReadySlice {
    const known = ready.get(slice)
    if (known !== undefined) {
      ready.delete(slice)
      ready.set(slice, known)
      return known
    }
    const schemaOfType = facts.get(slice.type)
    if (schemaOfType === undefined) throw failed(`there is no tool type \`${slice.type}\``)
    const compiled = compileSlice(slice, schemaOfType, guardrails.policies)
    const id = takeName()
    let parsed = false
    try {
      const answer = cedar.preparsePolicySet(id, { staticPolicies: compiled.policies })
      parsed = answer.type === 'success'
    } finally {
      if (!parsed) free.push(id)
    }
    if (!parsed) throw failed('the rules could not be parsed')
    const decisions =
      compiled.wanted === null
        ? null
        : createDecisionCache(slice.rules.map(({ condition }) => condition))
    const made = { compiled, id, decisions }
    ready.set(slice, made)
    return made
  }

  // INVARIANT: a name belongs to one slice of `ready`, or is free.
  function takeName(): string {
    const name = free.pop()
    if (name !== undefined) return name
    const [oldest] = ready
    if (oldest === undefined) throw failed('there is no room for the rules')
    ready.delete(oldest[0])
    return oldest[1].id
  }

  async function decideWithCedar(action: Action, slice: Slice): Promise<Decision> {
    const schemaOfType = facts.get(slice.type)
    if (schemaOfType === undefined) throw failed(`there is no tool type \`${slice.type}\``)
    if (action.tool !== slice.tool || action.type !== slice.type) {
      throw failed('the action is of another tool')
    }
    const fault = factsFault(action.facts, schemaOfType)
    if (fault !== null) throw failed(fault)
    const cedar = await loaded()
    const guardrails = guardrailsOf(cedar, slice.guardrails)
    const error = guardrails.problems.find(({ severity }) => severity === 'error')
    if (error !== undefined) {
      const position = positionText(error.position)
      return policyError(`${position}: ${error.message}`, [position])
    }
    // INVARIANT: nothing is awaited between here and the answer: another call could take the slot.
    const { compiled, id, decisions } = prepare(cedar, slice, guardrails)
    const { wanted } = compiled
    const key = decisions?.keyOf(action.facts) ?? null
    const same = key === null ? null : (decisions?.get(key) ?? null)
    if (same !== null) return same
    const answer = cedar.statefulIsAuthorized({
      principal: { type: 'Agent', id: slice.agent },
      action: { type: 'Action', id: `${slice.type}:call` },
      resource: { type: 'Tool', id: slice.tool },
      context: contextOf(
        wanted === null ? withProfile(action.facts, slice) : pickFacts(action.facts, wanted),
      ),
      preparsedPolicySetId: id,
      entities: compiled.entities,
    })
    const decision = interpret(answer, slice, compiled)
    if (key !== null && decision.reason !== 'policy_error') decisions?.keep(key, decision)
    return decision
  }

  return {
    async checkGuardrails(files) {
      try {
        return guardrailsOf(await loaded(), files).problems
      } catch (thrown) {
        throw failed(`Cedar failed with ${kindOf(thrown)}`)
      }
    },
    async decide(action, slice, now) {
      if (slice.expiresAt !== null && !(now < slice.expiresAt)) return denyDecision('expired', [])
      try {
        return await decideWithCedar(action, slice)
      } catch (thrown) {
        if (thrown instanceof BrokerError) return policyError(thrown.message, [])
        return policyError(`the policy engine failed with ${kindOf(thrown)}`, [])
      }
    },
  }
}

function interpret(answer: AuthorizationAnswer, slice: Slice, compiled: CompiledSlice): Decision {
  if (answer.type !== 'success') throw failed('the request could not be decided')
  const { decision, diagnostics } = answer.response
  // INVARIANT: Cedar skips a forbid that fails and may still say allow; any error is a deny. Its text may hold values.
  if (diagnostics.errors.length > 0) {
    return policyError(
      'a rule could not be evaluated',
      diagnostics.errors.map(({ policyId }) => policyId),
    )
  }
  const { reason } = diagnostics
  if (decision === 'deny' && reason.length === 0) return denyDecision('no_rule', [])
  if (decision === 'deny' && reason.every((id) => compiled.forbids.has(id))) {
    return denyDecision('denied', reason)
  }
  const rules = slice.rules.filter(({ id, effect }) => effect === 'allow' && reason.includes(id))
  if (decision === 'allow' && rules.length > 0 && rules.length === reason.length) {
    return allowDecision(rules, slice.toolLimits)
  }
  throw failed('the answer contradicts the rules')
}

/** Only guardrails may ask for it. */
function withProfile(facts: Facts, { profile }: Slice): Facts {
  return profile === null ? facts : { ...facts, profile }
}

// Facts are plain data of the shape that Cedar's context has; the copy is for its type, which is not read-only.
function contextOf(facts: Facts): Context {
  return Object.fromEntries(Object.entries(facts).map(([name, fact]) => [name, contextValue(fact)]))
}

function contextValue(fact: Fact): CedarValueJson {
  if (typeof fact !== 'object') return fact
  return isTexts(fact) ? [...fact] : contextOf(fact)
}

function isTexts(fact: Fact): fact is readonly string[] {
  return Array.isArray(fact)
}

function failed(message: string): BrokerError {
  return new BrokerError('policy_failed', message)
}

// A foreign error's text may hold anything; its kind does not.
function kindOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : typeof thrown
}
