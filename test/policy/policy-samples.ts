import { type Action, type Facts, freezeAction } from '../../src/core/action.ts'
import type { Condition } from '../../src/core/condition.ts'
import type { FactsSchema } from '../../src/core/facts-schema.ts'
import { foldSegments, PATH_FACTS, pathFacts } from '../../src/core/path-pattern.ts'
import type { ScopeRule } from '../../src/core/rule.ts'
import type { GuardrailFile } from '../../src/core/snapshot.ts'
import type { Slice } from '../../src/policy/slice.ts'

const query: FactsSchema = { key: { kind: 'text' }, pair: { kind: 'text' } }

/** The facts of a tool type as large as `http`'s. */
const WEB_FACTS: FactsSchema = {
  method: { kind: 'text', doc: 'In upper case' },
  origin: { kind: 'text' },
  path: { kind: 'record', of: PATH_FACTS, doc: 'Exactly as it is sent' },
  folded: {
    kind: 'record',
    of: { kept: { kind: 'record', of: PATH_FACTS }, split: { kind: 'record', of: PATH_FACTS } },
  },
  query: {
    kind: 'record',
    of: {
      n: { kind: 'integer' },
      keys: { kind: 'texts' },
      pairs: { kind: 'texts' },
      ...Object.fromEntries(
        Array.from({ length: 32 }, (_, index) => [
          `q${index}`,
          { kind: 'record', of: query, optional: true } as const,
        ]),
      ),
    },
  },
  headers: { kind: 'texts' },
  has_body: { kind: 'boolean' },
}

export const FACTS: ReadonlyMap<string, FactsSchema> = new Map([
  ['web', WEB_FACTS],
  ['data', { access: { kind: 'text' }, rows: { kind: 'integer', optional: true } }],
])

/** An action on the tool `site`. */
export function webAction(
  method: string,
  path: string | readonly string[],
  facts: Facts = {},
): Action {
  const segments = typeof path === 'string' ? segmentsOf(path) : path
  const { kept, split } = foldSegments(segments)
  return freezeAction({
    v: 1,
    tool: 'site',
    type: 'web',
    verb: method,
    target: 'https://site.example',
    path: `/${segments.join('/')}`,
    facts: {
      method,
      origin: 'https://site.example',
      path: pathFacts(segments),
      folded: { kept: pathFacts(kept), split: pathFacts(split) },
      query: { n: 0, keys: [], pairs: [] },
      headers: [],
      has_body: false,
      ...facts,
    },
    request: {},
  })
}

function segmentsOf(path: string): readonly string[] {
  return path === '/' ? [] : path.slice(1).split('/')
}

/** A rule at a line of the scope file. */
export function rule(
  line: number,
  effect: 'allow' | 'deny',
  condition: Condition,
  more: Partial<ScopeRule> = {},
): ScopeRule {
  const id = `agents/robot.yaml:${line}:9`
  return {
    id,
    effect,
    condition,
    key: `key-${line}`,
    rule: {},
    approval: null,
    limits: [],
    ...more,
  }
}

export function method(...values: string[]): Condition {
  return { op: 'one_of', fact: ['method'], values }
}

export const ALWAYS: Condition = { op: 'true' }

/** What the agent `robot` may do with the tool `site`. */
export function slice(rules: readonly ScopeRule[], more: Partial<Slice> = {}): Slice {
  return {
    agent: 'robot',
    tool: 'site',
    type: 'web',
    rules,
    toolLimits: [],
    expiresAt: null,
    secretTags: new Map(),
    profile: null,
    guardrails: [],
    ...more,
  }
}

export function guardrail(text: string, file = 'policies/guard.cedar'): GuardrailFile {
  return { file, text }
}
