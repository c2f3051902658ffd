import { z } from 'zod'
import type { Families } from '../../src/config/families.ts'
import { type Action, freezeAction } from '../../src/core/action.ts'
import type { Condition } from '../../src/core/condition.ts'
import type { SecretProvider } from '../../src/providers/provider.ts'
import type { ToolType, TypedRule } from '../../src/tools/tool-type.ts'

const FakeVaultReference = z.strictObject({
  path: z.string().min(1),
  field: z.string().optional(),
  ttl_words: z.array(z.string()).optional(),
  address: z.url({ error: 'must be a URL' }).optional(),
  login: z.string().optional(),
})

/** A fake provider with a reference of its own; it holds nothing. */
const fakeVault: SecretProvider<z.infer<typeof FakeVaultReference>> = {
  type: 'fake-vault',
  description: 'A fake place where nothing lives',
  reference: FakeVaultReference,
  defaults: { watch: 'used', cacheMs: 300_000 },
  needs: ({ login }) => (login === undefined ? [] : [login]),
  fetch: () => Promise.resolve(null),
  store: null,
}

/** A fake provider without a reference, as a keychain is. */
const fakeChain: SecretProvider<Record<string, never>> = {
  type: 'fake-chain',
  description: 'A fake keychain',
  reference: z.strictObject({}),
  defaults: { watch: 'always', cacheMs: 0 },
  needs: () => [],
  fetch: () => Promise.resolve(null),
  store: null,
}

const FakeApiSettings = z.strictObject({
  base_url: z.url({ error: 'must be a URL' }),
  headers: z.record(z.string(), z.string()).optional(),
  auth: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('bearer'), token: z.string() }),
      z.strictObject({ type: z.literal('basic'), username: z.string(), password: z.string() }),
    ])
    .optional(),
  retries: z.number().int().min(0).max(5).optional(),
})
type FakeApiSettings = z.infer<typeof FakeApiSettings>

const FakeApiRule = z.strictObject({
  methods: z.array(z.enum(['GET', 'POST', 'DELETE', 'ANY'])).min(1),
  paths: z.array(z.string().startsWith('/', 'must start with `/`')).min(1),
  query: z.record(z.string(), z.array(z.string()).min(1)).optional(),
})
const FakeApiDenyRule = FakeApiRule.partial()
type FakeApiRule = z.infer<typeof FakeApiDenyRule>

/** A fake tool type in the shape of `http`: methods and paths, and a credential. */
const fakeApi: ToolType<FakeApiSettings, FakeApiRule, { path: string }> = {
  type: 'fake-api',
  description: 'A fake API',
  settings: FakeApiSettings,
  rules: { allow: FakeApiRule, deny: FakeApiDenyRule },
  facts: { method: { kind: 'text' } },
  secrets: ({ auth }) => {
    if (auth === undefined) return []
    return auth.type === 'bearer' ? [auth.token] : [auth.username, auth.password]
  },
  describe: (tool) => ({
    title: tool,
    description: tool,
    input: z.strictObject({ path: z.string() }),
    output: {},
    annotations: {
      readOnlyHint: true,
      destructiveHint: false,
      idempotentHint: true,
      openWorldHint: true,
    },
  }),
  condition: (rule): Condition =>
    rule.methods === undefined
      ? { op: 'true' }
      : { op: 'one_of', fact: ['method'], values: rule.methods },
  canonical: (tool, { path }): Action =>
    freezeAction({
      v: 1,
      tool,
      type: 'fake-api',
      verb: 'GET',
      target: 'fake',
      path,
      facts: { method: 'GET' },
      request: {},
    }),
  ruleFor: (action) => ({ methods: [action.verb], paths: [action.path] }),
  warnings: (rules: readonly TypedRule<FakeApiRule>[]) =>
    rules.flatMap(({ effect }, index) =>
      effect === 'deny' ? [{ index, message: 'the upstream may have other names for this' }] : [],
    ),
  perform: () => Promise.reject(new Error('a fake performs nothing')),
}

/** A fake tool type whose functions throw, as a fault in one would. */
const fakeFaulty: ToolType<Record<string, unknown>, unknown, unknown> = {
  ...fakeApi,
  type: 'fake-faulty',
  description: 'A fake that throws',
  settings: z.record(z.string(), z.unknown()),
  rules: { allow: z.unknown(), deny: z.unknown() },
  secrets: () => {
    throw new TypeError('planted-value')
  },
  canonical: () => {
    throw new TypeError('planted-value')
  },
  describe: () => {
    throw new TypeError('planted-value')
  },
  condition: () => {
    throw new TypeError('planted-value')
  },
  warnings: () => {
    throw new TypeError('planted-value')
  },
}

/** A provider and a tool type of each fake kind. */
export const fakeFamilies: Families = {
  providers: new Map<string, SecretProvider>([
    ['fake-chain', fakeChain],
    ['fake-vault', fakeVault],
  ]),
  toolTypes: new Map<string, ToolType>([
    ['fake-api', fakeApi],
    ['fake-faulty', fakeFaulty],
  ]),
}
