import type { AuditTrail } from './audit/audit-event.ts'
import { createAuthSchemes } from './auth/index.ts'
import { createAgentBroker } from './broker/agent-broker.ts'
import type { Broker } from './broker/broker.ts'
import type { AgentBroker } from './broker/call.ts'
import { type ConfigSource, createConfigSource } from './config/config-source.ts'
import type { Families } from './config/families.ts'
import { BrokerError } from './core/errors.ts'
import { isRefusal } from './core/refusal.ts'
import { positionText } from './core/rule.ts'
import type { Snapshot } from './core/snapshot.ts'
import { homeId, type Places } from './places.ts'
import type { PolicyEngine } from './policy/policy-engine.ts'
import { createProviders } from './providers/index.ts'
import type { Redactor } from './redaction/redaction-port.ts'
import type { State } from './state/state.ts'
import type { LeaseLedger } from './state/state-port.ts'
import { createToolTypes } from './tools/index.ts'

/** The environment as keyhand reads it. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What one agent's server is made of. Making it has no side effect; each part is loaded when it is first needed. */
export interface AgentParts {
  readonly config: ConfigSource
  readonly broker: AgentBroker
  /** The values known so far; null while none can be, since no call was made. */
  redactor(): Redactor | null
  /** Waits until the trail is durable, and closes what was opened. */
  close(): Promise<void>
}

/** Which providers and types of tools there are. */
export function composeFamilies(options: {
  readonly places: Places
  readonly env: Environment
}): Families {
  const { places, env } = options
  const now = () => Date.now()
  return {
    providers: createProviders({
      home: places.home,
      state: places.state,
      env,
      now,
      ledger: composeLedger(places),
    }),
    toolTypes: createToolTypes({ authSchemes: createAuthSchemes() }),
  }
}

/** The ledger of what this process is lent. It is asked seldom: state.db is opened for each question, and closed. */
function composeLedger({ state: folder }: Places): LeaseLedger {
  async function ask<T>(question: (ledger: LeaseLedger) => Promise<T>): Promise<T> {
    const { openState } = await import('./state/state.ts')
    const state = openState({ folder, now: () => Date.now() })
    try {
      return await question(state.leases)
    } finally {
      state.close()
    }
  }
  return {
    put: (token) => ask((ledger) => ledger.put(token)),
    extend: (accessor, endsAt) => ask((ledger) => ledger.extend(accessor, endsAt)),
    remove: (accessor) => ask((ledger) => ledger.remove(accessor)),
    orphans: (now) => ask((ledger) => ledger.orphans(now)),
  }
}

/** The policy engine over the facts of all types of tools. */
export async function composePolicy(families: Families): Promise<PolicyEngine> {
  const { createPolicyEngine } = await import('./policy/policy-engine.ts')
  const facts = new Map([...families.toolTypes].map(([type, { facts }]) => [type, facts]))
  return createPolicyEngine({ facts })
}

/** State and trail of this process. Nothing is opened, read or made before the first use. */
export async function composeRecords(places: Places): Promise<{
  readonly state: State
  readonly trail: AuditTrail
  /** Waits until the trail is durable, and closes what was opened. */
  close(): Promise<void>
}> {
  const [{ openState }, { createFileTrail }, { userInfo }] = await Promise.all([
    import('./state/state.ts'),
    import('./audit/file-sink/file-trail.ts'),
    import('node:os'),
  ])
  const now = () => Date.now()
  const state = openState({ folder: places.state, now })
  const trail = createFileTrail({
    state: places.state,
    heads: state.heads,
    now,
    osUser: userInfo().username,
    pid: process.pid,
    maskKey: () => state.maskKey(),
  })
  return {
    state,
    trail,
    async close() {
      await trail.close()
      state.close()
    },
  }
}

/** A secret of a home, as the state knows it, which homes may share. */
export function refreshKey({ home }: Places, name: string): string {
  return secretOfHome(homeId(home), name)
}

function secretOfHome(home: string, name: string): string {
  return `${home}|${name}`
}

/** Everything that serves one agent. */
export function composeAgent(options: {
  readonly places: Places
  readonly agent: string
  /** One of those that its scope file lists; the first of them where this is left out. */
  readonly profile?: string | null
  readonly env: Environment
}): AgentParts {
  const { places, agent, profile = null } = options
  const families = composeFamilies(options)
  const config = createConfigSource({ home: places.home, agent, families, profile })
  const policy = once(() => composePolicy(families))
  const pipeline = once(() => composePipeline({ places, agent, families, config, policy }))
  let redactor: Redactor | null = null
  return {
    config,
    broker: createAgentBroker({
      snapshot: () => config.snapshot(),
      toolTypes: families.toolTypes,
      now: () => Date.now(),
      guardrailProblem: (snapshot) => guardrailProblem(snapshot, policy),
      async broker() {
        const made = await pipeline()
        redactor = made.redactor
        return made.broker
      },
    }),
    redactor: () => redactor,
    async close() {
      if (pipeline.started()) await (await pipeline()).close()
    },
  }
}

interface Pipeline {
  readonly broker: Broker
  readonly redactor: Redactor
  close(): Promise<void>
}

async function composePipeline(parts: {
  places: Places
  agent: string
  families: Families
  config: ConfigSource
  policy: () => Promise<PolicyEngine>
}): Promise<Pipeline> {
  const { places, agent, families, config } = parts
  const [
    { Broker },
    { createRedactor },
    { createKeeper },
    { createResolver },
    { createMemoryNotes },
    { sweepingResolver },
    { v7 },
    { state, trail, close },
  ] = await Promise.all([
    import('./broker/broker.ts'),
    import('./redaction/redactor.ts'),
    import('./secrets/keeper.ts'),
    import('./secrets/resolver.ts'),
    import('./secrets/memory-notes.ts'),
    import('./secrets/sweep.ts'),
    import('uuid'),
    composeRecords(places),
  ])
  const now = () => Date.now()
  const redactor = createRedactor()
  const { providers } = families
  // Once for all calls: it asks the file system.
  const home = homeId(places.home)
  const keyOf = (name: string) => secretOfHome(home, name)
  const resolver = sweepingResolver({
    resolver: createResolver({
      providers,
      now,
      onFetched: (secret, redact) => redactor.register(secret, { redact }),
      generation: (name) => state.refreshes.generation(keyOf(name)),
      notes: createMemoryNotes({ store: state.cached, keyOf, now }),
    }),
    providers,
    now,
    async entries() {
      const { secrets } = await config.snapshot()
      return [...secrets.values()].flatMap((entry) => (isRefusal(entry) ? [] : [entry]))
    },
  })
  const broker = new Broker({
    agent,
    snapshot: () => config.snapshot(),
    toolTypes: families.toolTypes,
    policy: await parts.policy(),
    resolver,
    keeper: createKeeper({ providers, resolver }),
    redactor,
    trail,
    counters: state.counters,
    blocks: state.blocks,
    seen: state.seen,
    homeId: home,
    approver: null,
    now,
    newCallId: () => v7(),
  })
  return {
    broker,
    redactor,
    async close() {
      await resolver.close()
      await close()
    },
  }
}

async function guardrailProblem(
  snapshot: Snapshot,
  policy: () => Promise<PolicyEngine>,
): Promise<string | null> {
  const { guardrails } = snapshot
  // Without a guardrail there is nothing to check, and the policy engine need not be loaded for a list.
  if (isRefusal(guardrails) || guardrails.length === 0) return null
  const [first] = await (await policy()).checkGuardrails(guardrails)
  if (first === undefined) return null
  return `${positionText(first.position)} ${first.message}${first.fix === null ? '' : `; ${first.fix}`}`
}

/** Calls a maker at the first use and keeps what it gave; a failure is not kept. */
function once<T>(make: () => Promise<T>): (() => Promise<T>) & { started(): boolean } {
  let made: Promise<T> | null = null
  const get = async () => {
    made ??= make()
    try {
      return await made
    } catch (thrown) {
      made = null
      throw thrown instanceof BrokerError
        ? thrown
        : new BrokerError('internal', 'a part of keyhand could not be loaded')
    }
  }
  return Object.assign(get, { started: () => made !== null })
}
