import { BrokerError } from '../core/errors.ts'
import type { FactsSchema, FactType } from '../core/facts-schema.ts'

/** The shape of each tool type's facts, by the type's name. */
export type FactsByType = ReadonlyMap<string, FactsSchema>

const INTRODUCTION = `// The interface that guardrails (policies/*.cedar) are written against. Generated; do not edit.
//
// A call of a tool is the action "<type>:call": who (an Agent) does it with what (a Tool), and what is done (the context).
// Guardrails only forbid. What is marked with ? may be missing: ask \`context.path has f0\` first.

// An agent, by the name of its scope file.
entity Agent = {
  name: String,
};

// A tool of the catalog. Its tags are those of the secrets that it needs: each value that one of them carries, and "" where
// one has no such tag: resource.hasTag("environment") && resource.getTag("environment").contains("production").
entity Tool = {
  name: String,
  type: String,
} tags Set<String>;
`

/** The Cedar schema of these tool types, as people read it (`schema/keyhand.cedarschema`) and as guardrails are validated with. */
export function cedarSchemaText(facts: FactsByType): string {
  const actions = [...facts].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const parts = actions.map(([type, schema]) => actionText(type, schema))
  return [INTRODUCTION, ...parts].join('\n')
}

function actionText(type: string, schema: FactsSchema): string {
  const shared = sharedRecords(type, schema)
  const names = new Map(shared.map(({ name, of }) => [of, name]))
  const types = shared.map(({ name, of }) => `type ${name} = ${recordText(of, names, '')};\n`)
  const action = `action ${quoted(`${type}:call`)} appliesTo {
  principal: [Agent],
  resource: [Tool],
  context: ${recordText({ ...withoutOurs(type, schema), ...OURS }, names, '  ')}
};
`
  return [...types, action].join('\n')
}

/** What keyhand itself says of a call, besides the facts of its tool type. */
const OURS: FactsSchema = {
  profile: {
    kind: 'text',
    optional: true,
    doc: 'the profile of the catalog that the agent runs under; missing where it runs under none',
  },
}

function withoutOurs(type: string, schema: FactsSchema): FactsSchema {
  const taken = Object.keys(OURS).find((name) => Object.hasOwn(schema, name))
  if (taken === undefined) return schema
  throw new BrokerError('internal', `the tool type \`${type}\` has a fact \`${taken}\` of its own`)
}

function recordText(schema: FactsSchema, names: ReadonlyMap<FactsSchema, string>, indent: string) {
  const lines: string[] = []
  let series = ''
  for (const [name, fact] of Object.entries(schema)) {
    if (fact.doc !== undefined) lines.push(`${indent}  // ${fact.doc.replaceAll(/\s+/g, ' ')}`)
    const text = `${attribute(name)}${fact.optional === true ? '?' : ''}: ${typeText(fact, names, `${indent}  `)},`
    // The members of a series (`f0`, `f1` …) share lines.
    const stem = /^(.*\D)\d+$/.exec(name)?.[1] ?? ''
    const last = lines.at(-1) ?? ''
    const joins = stem !== '' && stem === series && fact.doc === undefined
    if (joins && last.length + text.length < 100) lines[lines.length - 1] = `${last} ${text}`
    else lines.push(`${indent}  ${text}`)
    series = stem
  }
  return `{\n${lines.join('\n')}\n${indent}}`
}

function typeText(fact: FactType, names: ReadonlyMap<FactsSchema, string>, indent: string): string {
  switch (fact.kind) {
    case 'text':
      return 'String'
    case 'integer':
      return 'Long'
    case 'boolean':
      return 'Bool'
    case 'texts':
      return 'Set<String>'
    case 'record':
      return names.get(fact.of) ?? recordText(fact.of, names, indent)
  }
}

/** The records that stand in several places, innermost first, named after the first: `HttpPath`. */
function sharedRecords(type: string, schema: FactsSchema) {
  const uses = new Map<FactsSchema, { name: string; count: number }>()
  const visit = (record: FactsSchema) => {
    for (const [name, fact] of Object.entries(record)) {
      if (fact.kind !== 'record') continue
      const use = uses.get(fact.of)
      if (use !== undefined) {
        use.count++
        continue
      }
      visit(fact.of)
      uses.set(fact.of, { name: `${capital(type)}${capital(name.replace(/\d+$/, ''))}`, count: 1 })
    }
  }
  visit(schema)
  const shared = [...uses].filter(([, { count }]) => count > 1)
  const taken = new Set<string>()
  return shared.map(([of, use]) => {
    let name = use.name
    for (let again = 2; taken.has(name); again++) name = `${use.name}${again}`
    taken.add(name)
    return { name, of }
  })
}

function capital(word: string): string {
  const letters = word.replaceAll(/[^A-Za-z0-9]+(\w?)/g, (_, next: string) => next.toUpperCase())
  return letters.charAt(0).toUpperCase() + letters.slice(1)
}

const RESERVED = /^(true|false|if|then|else|in|is|like|has|__cedar)$/

function attribute(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) && !RESERVED.test(name) ? name : quoted(name)
}

function quoted(text: string): string {
  return JSON.stringify(text)
}
