import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentBroker, CallAnswer, CallRequest, ListedTool } from '../../src/broker/call.ts'
import { asBrokerError, BrokerError } from '../../src/core/errors.ts'
import { isJsonObject, type Json } from '../../src/core/json.ts'
import { type RefusalReason, refuse } from '../../src/core/refusal.ts'

/** What the fake is told to do, as the input of its tool `act`. */
export interface FakeAct {
  /** Answered as the upstream's body. */
  readonly body?: Json
  readonly status?: number
  /** Waits that long, saying so every 20 ms where the client wants to know; ends at once when it is aborted. */
  readonly ms?: number
  readonly refuse?: RefusalReason
  readonly suggestion?: string
  readonly fail?: string
  /** Throws, which a broker never does. */
  readonly throw?: string
  /** Adds a tool of that name and tells of a change; an empty name tells of a change where there is none. */
  readonly grow?: string
  /** Writes that to stdout, which no part may. */
  readonly noise?: string
}

/** A fake of the broker, in memory: it performs nothing, and answers what the call's own input says. */
export class FakeBroker implements AgentBroker {
  readonly requests: CallRequest[] = []
  readonly #names: string[]
  readonly #notify: () => void
  #calls = 0

  constructor(names: readonly string[], notify: () => void = () => {}) {
    this.#names = [...names]
    this.#notify = notify
  }

  async call(request: CallRequest): Promise<CallAnswer> {
    this.requests.push(request)
    this.#calls += 1
    const call = `01930000-0000-7000-8000-${String(this.#calls).padStart(12, '0')}`
    if (!this.#names.includes(request.tool)) {
      const refusal = refuse('unknown_tool', 'no tool of that name is in the scope of agent `fake`')
      return { kind: 'refused', call, refusal, suggestion: null }
    }
    if (!isJsonObject(request.input)) {
      const refusal = refuse('invalid_input', 'the input must be object')
      return { kind: 'refused', call, refusal, suggestion: null }
    }
    const act: FakeAct = request.input
    try {
      if (act.ms !== undefined) await this.#wait(act.ms, request)
    } catch (thrown) {
      return { kind: 'failed', call, error: asBrokerError(thrown) }
    }
    return this.#answer(call, act, request)
  }

  async tools(): Promise<readonly ListedTool[]> {
    return this.#names.map(fakeTool)
  }

  async scope() {
    return {
      agent: 'fake',
      expires: null,
      problems: [],
      tools: this.#names.map((name) => ({
        name,
        type: 'fake',
        description: null,
        allow: ['all of it'],
        deny: [],
        limits: ['100/hour'],
        problem: null,
      })),
      ask: 'ask for nothing',
    }
  }

  async #wait(ms: number, { signal, progress }: CallRequest): Promise<void> {
    for (let waited = 0; waited < ms; waited += 20) {
      progress(`waited ${waited} ms`)
      await sleep(Math.min(20, ms - waited), undefined, { signal }).catch(() => {})
      if (signal.aborted) throw signal.reason
    }
  }

  #answer(call: string, act: FakeAct, request: CallRequest): CallAnswer {
    if (act.throw !== undefined) throw new Error(act.throw)
    if (act.noise !== undefined) process.stdout.write(act.noise)
    if (act.grow !== undefined) {
      if (act.grow !== '') this.#names.push(act.grow)
      this.#notify()
    }
    if (act.refuse !== undefined) {
      const refusal = refuse(act.refuse, 'no rule allows it', 'ask the human')
      return { kind: 'refused', call, refusal, suggestion: act.suggestion ?? null }
    }
    if (act.fail !== undefined) {
      const error = new BrokerError('upstream_timeout', act.fail, { fix: 'try again later' })
      return { kind: 'failed', call, error }
    }
    const status = act.status ?? 200
    const seen = { client: request.client?.name ?? null, era: request.era }
    const body = act.body === undefined ? {} : { body: act.body }
    const structured = { status, truncated: false, note: 'made by keyhand', seen, ...body }
    const result = { structured, failed: status >= 400, status, bytes: 0 }
    return { kind: 'performed', call, result }
  }
}

/** What `tools/list` shows of one tool of the fake. */
export function fakeTool(name: string): ListedTool {
  return {
    name,
    title: `The tool ${name}`,
    description: `Does what its input says. Allowed: all of it.`,
    inputSchema: {
      type: 'object',
      properties: { path: { type: 'string' }, text: { enum: ['content', 'complete'] } },
    },
    outputSchema: {
      type: 'object',
      properties: {
        call: { type: 'string', description: 'id of this call in the audit trail' },
        status: { type: 'integer' },
        truncated: { type: 'boolean' },
        note: { type: 'string' },
        seen: { type: 'object', properties: { client: {}, era: { type: 'string' } } },
        body: { description: 'as the upstream gave it' },
      },
      required: ['call', 'status', 'truncated'],
    },
    annotations: {
      readOnlyHint: true,
      destructiveHint: false,
      idempotentHint: true,
      openWorldHint: true,
    },
  }
}
