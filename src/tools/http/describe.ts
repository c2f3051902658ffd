import type { JsonObject } from '../../core/json.ts'
import { ruleDataLine } from '../../core/rule-line.ts'
import type { ToolAnnotations, ToolDescription, TypedRule } from '../tool-type.ts'
import { HTTP_METHODS, IDEMPOTENT_METHODS, SAFE_METHODS } from './http-method.ts'
import { allowedHeaders, type HttpInput, httpInput } from './input.ts'
import { ANY, type HttpRule } from './rule.ts'
import type { HttpSettings } from './settings.ts'

const MAX_LINES = 24

/** The JSON Schema of an answer. What comes from upstream has no type, so that any of it may become a redaction marker. */
const OUTPUT: JsonObject = {
  type: 'object',
  properties: {
    status: { description: 'The HTTP status.' },
    headers: {
      description: 'Response headers that matter: content type, pagination, rate limits.',
    },
    body: {
      description:
        'JSON where the answer is JSON, else text; with `select` an object by JSON Pointer.',
    },
    body_base64: { description: 'A binary body, where `binary` was asked for.' },
    truncated: {
      description: 'There where the body was cut: bytes shown, bytes in all (null: not known).',
    },
    notes: {
      type: 'array',
      items: { type: 'string' },
      description: 'What keyhand did to the answer, and how to ask for more or less.',
    },
  },
  required: ['status', 'headers'],
}

// The broker describes a tool at each call: a schema is made once for each set of methods.
const inputs = new WeakMap<HttpSettings, Map<string, ReturnType<typeof httpInput>>>()

/** How an HTTP tool shows itself to one agent. */
export function describeHttp(
  tool: string,
  settings: HttpSettings,
  rules: readonly TypedRule<HttpRule>[],
  catalogDescription: string | null,
  setByAuth: readonly string[],
): ToolDescription<HttpInput> {
  const methods = allowedMethods(rules)
  return {
    title: catalogDescription ?? `${tool} (HTTP API)`,
    description: descriptionText(settings, rules, catalogDescription),
    input: inputFor(settings, methods, setByAuth),
    output: OUTPUT,
    annotations: annotations(methods),
  }
}

function ruleText({ rule, approval }: TypedRule<HttpRule>): string {
  const { methods, paths, query } = rule
  const data: JsonObject = {
    ...(methods === undefined ? {} : { methods }),
    ...(paths === undefined ? {} : { paths }),
    ...(query === undefined ? {} : { query }),
  }
  return `${ruleDataLine(data)}${approval === null ? '' : ' (a human has to approve each call)'}`
}

function descriptionText(
  settings: HttpSettings,
  rules: readonly TypedRule<HttpRule>[],
  catalogDescription: string | null,
): string {
  const { origin, path } = settings.base_url
  const head = catalogDescription === null ? '' : `${catalogDescription}. `
  const lines = [
    `${head}Calls the HTTP API at ${origin}${path}; keyhand adds the credential itself, never send one.`,
    'Allowed (`*` is a part of one segment, `**` any number of segments):',
    ...clipped(rules.filter(({ effect }) => effect === 'allow').map(ruleText)),
  ]
  const denied = rules.filter(({ effect }) => effect === 'deny').map(ruleText)
  if (denied.length > 0) lines.push('Never:', ...clipped(denied))
  return lines.join('\n')
}

function clipped(lines: readonly string[]): readonly string[] {
  const shown = lines.slice(0, MAX_LINES).map((line) => `- ${line}`)
  return lines.length > MAX_LINES
    ? [...shown, `- and ${lines.length - MAX_LINES} more: see keyhand_scope`]
    : shown
}

function allowedMethods(rules: readonly TypedRule<HttpRule>[]): readonly string[] {
  const named = rules
    .filter(({ effect }) => effect === 'allow')
    .flatMap(({ rule }) => rule.methods ?? [])
  return HTTP_METHODS.filter((method) => named.includes(method) || named.includes(ANY))
}

function annotations(methods: readonly string[]): ToolAnnotations {
  const readOnly = methods.every((method) => SAFE_METHODS.has(method))
  return {
    readOnlyHint: readOnly,
    destructiveHint: !readOnly,
    idempotentHint: methods.every((method) => IDEMPOTENT_METHODS.has(method)),
    openWorldHint: true,
  }
}

function inputFor(
  settings: HttpSettings,
  methods: readonly string[],
  setByAuth: readonly string[],
) {
  let known = inputs.get(settings)
  if (known === undefined) {
    known = new Map()
    inputs.set(settings, known)
  }
  const key = methods.join()
  const input = known.get(key) ?? httpInput(settings, methods, allowedHeaders(settings, setByAuth))
  known.set(key, input)
  return input
}
