import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { v7 } from 'uuid'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import type { AuditEvent, AuditRecord, AuditTrail } from '../../src/audit/audit-event.ts'
import { createFileTrail } from '../../src/audit/file-sink/file-trail.ts'
import { Broker } from '../../src/broker/broker.ts'
import type { CallAnswer, CallRequest } from '../../src/broker/call.ts'
import type { BrokerOptions } from '../../src/broker/options.ts'
import { createConfigSource } from '../../src/config/config-source.ts'
import { freezeAction } from '../../src/core/action.ts'
import { BrokerError } from '../../src/core/errors.ts'
import { copyJson } from '../../src/core/json.ts'
import { Secret } from '../../src/core/secret.ts'
import { createPolicyEngine } from '../../src/policy/policy-engine.ts'
import type { FetchedSecret, SecretProvider } from '../../src/providers/provider.ts'
import type { Redactor } from '../../src/redaction/redaction-port.ts'
import { createRedactor } from '../../src/redaction/redactor.ts'
import { createKeeper } from '../../src/secrets/keeper.ts'
import { createResolver } from '../../src/secrets/resolver.ts'
import { openState } from '../../src/state/state.ts'
import type { CallContext, Performed, ToolType } from '../../src/tools/tool-type.ts'

export const KEY = 'kh-Zx81qPw9LmT4-canary'

export const CATALOG = `version: 1
secrets:
  key: { provider: memory }
  other: { provider: memory }
tools:
  api: { type: fake, key: key }
  spare: { type: fake, key: other }
`

export const SCOPE = `agent: tester
tools:
  api:
    allow:
      - verbs: [read]
`

/** A value that a test puts there: a fake provider, in memory. */
export interface FakeValue {
  value: string
  version: string
}

/** A broker of real parts (configuration, policy, redaction, state, trail) around a fake provider and a fake tool type. */
export interface BrokerWorld {
  readonly home: string
  readonly state: string
  readonly values: Map<string, FakeValue>
  /** What the fake tool does; set by a test. */
  perform: (input: Record<string, unknown>, call: CallContext) => Promise<Performed>
  /** Names that the fake provider was asked for, with the kinds of record that were on disk by then. */
  readonly fetches: { readonly name: string; readonly recorded: readonly string[] }[]
  readonly performed: Record<string, unknown>[]
  /** Milliseconds since the epoch; a test moves it. */
  clock: number
  call(tool: string, input: unknown, options?: Partial<CallRequest>): Promise<CallAnswer>
  writeScope(text: string): Promise<void>
  writeCatalog(text: string): Promise<void>
  records(): Promise<readonly AuditRecord[]>
  /** A second process's broker over the same home and state. */
  another(overrides?: Partial<BrokerOptions>): { call: BrokerWorld['call'] }
}

export async function brokerWorld(
  options: {
    provider?: Partial<SecretProvider>
    overrides?: (parts: BrokerOptions) => Partial<BrokerOptions>
    /** Instead of one of its own. */
    redactor?: Redactor
  } = {},
): Promise<BrokerWorld> {
  const root = await mkdtemp(join(tmpdir(), 'keyhand-broker-'))
  const home = join(root, 'home')
  const state = join(root, 'state')
  await mkdir(join(home, 'agents'), { recursive: true, mode: 0o700 })
  const closers: (() => Promise<void>)[] = []
  onTestFinished(async () => {
    for (const close of closers) await close()
    await rm(root, { recursive: true, force: true })
  })
  const world: BrokerWorld = {
    home,
    state,
    values: new Map([
      ['key', { value: KEY, version: '1' }],
      ['other', { value: 'kh-other-7Hq2LmZ0wX', version: '1' }],
    ]),
    perform: async () => done({ ok: true }),
    fetches: [],
    performed: [],
    clock: Date.parse('2026-11-23T12:00:00Z'),
    call: (tool, input, more) => first.call(tool, input, more),
    writeScope: (text) => writeFile(join(home, 'agents', 'tester.yaml'), text),
    writeCatalog: (text) => writeFile(join(home, 'keyhand.yaml'), text),
    records: () => readRecords(state),
    another: (overrides) => make(() => overrides ?? {}),
  }
  await world.writeCatalog(CATALOG)
  await world.writeScope(SCOPE)

  const memory: SecretProvider = {
    type: 'memory',
    description: 'a fake: values of the test',
    reference: z.strictObject({}),
    defaults: { watch: 'used', cacheMs: 0 },
    store: null,
    needs: () => [],
    async fetch(_, { name }): Promise<FetchedSecret | null> {
      world.fetches.push({ name, recorded: (await readRecords(state)).map(({ kind }) => kind) })
      const found = world.values.get(name)
      if (found === undefined) return null
      const fields = new Map([['value', new Secret(name, found.value)]])
      return { fields, version: found.version, createdAt: null, lease: null }
    },
    ...options.provider,
  }
  const toolTypes = new Map([['fake', fakeTool(world)]])

  function make(overrides: (parts: BrokerOptions) => Partial<BrokerOptions>) {
    const now = () => world.clock
    const config = createConfigSource({
      home,
      agent: 'tester',
      families: { providers: new Map([['memory', memory]]), toolTypes },
    })
    const redactor = options.redactor ?? createRedactor()
    const database = openState({ folder: state, now })
    const trail = createFileTrail({
      state,
      heads: database.heads,
      now,
      osUser: 'someone',
      pid: process.pid,
      maskKey: () => database.maskKey(),
    })
    closers.push(async () => {
      await trail.close()
      database.close()
    })
    const resolver = createResolver({
      providers: new Map([['memory', memory]]),
      now,
      onFetched: (secret, redact) => redactor.register(secret, { redact }),
    })
    const parts: BrokerOptions = {
      agent: 'tester',
      snapshot: () => config.snapshot(),
      toolTypes,
      policy: createPolicyEngine({ facts: new Map([['fake', fakeTool(world).facts]]) }),
      resolver,
      keeper: createKeeper({ providers: new Map([['memory', memory]]), resolver }),
      redactor,
      trail,
      counters: database.counters,
      blocks: database.blocks,
      seen: database.seen,
      homeId: '00000000',
      approver: null,
      now,
      newCallId: () => v7(),
    }
    const broker = new Broker({ ...parts, ...overrides(parts) })
    return {
      call: (tool: string, input: unknown, more: Partial<CallRequest> = {}) =>
        broker.call({
          tool,
          input,
          client: { name: 'test', version: '1' },
          era: '2026-07-28',
          signal: new AbortController().signal,
          progress: () => {},
          ...more,
        }),
    }
  }
  const first = make(options.overrides ?? (() => ({})))
  return world
}

/** A finished action that gave this body. */
export function done(body: unknown, status = 200): Performed {
  return {
    kind: 'done',
    result: {
      structured: { body: copyJson(body) },
      failed: status >= 400,
      status,
      bytes: 10,
    },
  }
}

/** A trail whose append fails for some records. */
export function failingTrail(real: AuditTrail, fails: (event: AuditEvent) => boolean): AuditTrail {
  return {
    append: async (event) => {
      if (fails(event)) throw new BrokerError('audit_unavailable', 'the disk is full')
      await real.append(event)
    },
    maskPath: (path) => real.maskPath(path),
    close: () => real.close(),
  }
}

const rule = z.strictObject({ verbs: z.array(z.string()).min(1) })

function fakeTool(world: BrokerWorld): ToolType {
  const settings = z.strictObject({ key: z.string() })
  const input = z.strictObject({ verb: z.string(), note: z.string().optional() })
  const type: ToolType<z.infer<typeof settings>, z.infer<typeof rule>, z.infer<typeof input>> = {
    type: 'fake',
    description: 'a fake: does what the test says',
    settings,
    rules: { allow: rule, deny: rule },
    facts: { verb: { kind: 'text' } },
    secrets: ({ key }) => [key],
    describe: (title) => ({
      title,
      description: title,
      input,
      output: { type: 'object', properties: {}, required: [] },
      annotations: {
        readOnlyHint: true,
        destructiveHint: false,
        idempotentHint: true,
        openWorldHint: true,
      },
    }),
    condition: ({ verbs }) => ({ op: 'one_of', fact: ['verb'], values: verbs }),
    canonical: (tool, { verb, note }) =>
      freezeAction({
        v: 1,
        tool,
        type: 'fake',
        verb,
        target: 'memory',
        path: note === undefined ? null : `/${note}`,
        facts: { verb },
        request: { verb, note: note ?? null },
      }),
    ruleFor: ({ verb }) => ({ verbs: [verb] }),
    warnings: () => [],
    async perform(action, _, call) {
      world.performed.push(action.request)
      return world.perform(action.request, call)
    },
  }
  return type as unknown as ToolType
}

async function readRecords(state: string): Promise<readonly AuditRecord[]> {
  const folder = join(state, 'audit')
  const files = await readdir(folder).catch(() => [])
  const texts = await Promise.all(files.sort().map((file) => readFile(join(folder, file), 'utf8')))
  return texts.flatMap((text) =>
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as AuditRecord),
  )
}
