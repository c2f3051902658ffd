import type { z } from 'zod'
import type { Json } from '../core/json.ts'
import type { Position } from '../core/rule.ts'
import type { ConfigProblem } from '../core/snapshot.ts'
import { mistake } from './problem.ts'
import { didYouMean, knownWords, listed, shown } from './wording.ts'
import type { ConfigNode } from './yaml-file.ts'

type Issue = z.core.$ZodIssue
type Path = readonly PropertyKey[]

/** Where the data that a schema refused stands, and how it is called in messages. */
export interface Place {
  readonly node: ConfigNode
  /** Where its own key stands: what is missing inside is reported there. */
  readonly key: Position
  readonly name: string
}

/** A schema's issues as mistakes in a file, each at its node, in words that an admin can act on. */
export function issueProblems(
  issues: readonly Issue[],
  place: Place,
  knownKeys: (path: Path) => readonly string[],
): ConfigProblem[] {
  const explain = (issue: Issue, base: Path): ConfigProblem[] => {
    const path = [...base, ...issue.path]
    const spot = locate(place, path)
    const label = labelOf(place, path)
    if (spot.missing && issue.code !== 'custom') {
      const words = acceptedWords(issue)
      return [
        mistake(spot.at, `${label} is missing`, words === null ? 'add it' : `add it: ${words}`),
      ]
    }
    const say = (message: string, fix: string | null = null) => [mistake(spot.at, message, fix)]
    switch (issue.code) {
      case 'unrecognized_keys':
        return issue.keys.map((key) =>
          mistake(
            spot.node.entries.get(key)?.key ?? spot.at,
            `unknown key ${shown(key)}`,
            knownWords(key, knownKeys(path)),
          ),
        )
      case 'invalid_type': {
        const own = ownWords(issue.message)
        if (own !== null) return say(`${label} ${own}`)
        if (issue.expected === 'string') return say(...notText(label, spot.node))
        return say(notOfKind(label, issue.expected, spot.node.value))
      }
      case 'invalid_value': {
        const values = issue.values.map(String)
        const { source, value } = spot.node
        if (typeof value !== 'string' && source !== null && values.includes(source)) {
          return say(...notText(label, spot.node))
        }
        const near = typeof value === 'string' ? didYouMean(value, values) : null
        return say(
          values.length === 1
            ? `${label} must be ${listed(values)}`
            : `${label} must be one of ${listed(values)}`,
          near,
        )
      }
      case 'invalid_union': {
        const own = ownWords(issue.message)
        if (own !== null) return say(`${label} ${own}`)
        const words = acceptedWords(issue)
        if (words !== null) {
          const { value } = spot.node
          const near = typeof value === 'string' ? didYouMean(value, optionsOf(issue)) : null
          return say(`${label} must be ${words}`, near)
        }
        const branch = nearestBranch(issue.errors)
        if (branch !== null) return branch.flatMap((inner) => explain(inner, path))
        const kinds = issue.errors.flatMap((errors) =>
          errors.flatMap((error) => (error.code === 'invalid_type' ? [error.expected] : [])),
        )
        if (kinds.includes('string') && spot.node.source !== null)
          return say(...notText(label, spot.node))
        const kindWords = [...new Set(kinds.map(kindWord))].join(' or ')
        return say(`${label} must be ${kindWords}, not ${valueWord(spot.node.value)}`)
      }
      case 'too_small':
      case 'too_big':
        return say(`${label} ${ownWords(issue.message) ?? sizeWords(issue)}`)
      case 'invalid_key':
        return issue.issues.map((inner) =>
          mistake(
            spot.key ?? spot.at,
            `the name ${label} ${ownWords(inner.message) ?? 'is not allowed here'}`,
          ),
        )
      case 'invalid_element':
        return issue.issues.flatMap((inner) => explain(inner, path))
      case 'invalid_format':
      case 'not_multiple_of':
        return say(
          `${label} ${ownWords(issue.message) ?? `does not fit (${issue.code === 'invalid_format' ? issue.format : `a multiple of ${issue.divisor}`})`}`,
        )
      case 'custom': {
        const fix: unknown = issue.params?.['fix']
        return say(
          subject(label, ownWords(issue.message) ?? 'is not allowed'),
          typeof fix === 'string' ? fix : null,
        )
      }
      default:
        return say(`${label} is not allowed`)
    }
  }
  return issues.flatMap((issue) => explain(issue, []))
}

interface Spot {
  readonly node: ConfigNode
  readonly at: Position
  readonly key: Position | null
  readonly missing: boolean
}

function locate(place: Place, path: Path): Spot {
  let node = place.node
  let key = place.key
  let at = place.node.at
  for (const step of path) {
    const entry = typeof step === 'string' ? node.entries.get(step) : undefined
    const next = entry?.node ?? (typeof step === 'number' ? node.items[step] : undefined)
    if (next === undefined) return { node, at: key, key, missing: true }
    key = entry?.key ?? next.at
    node = next
    at = next.at
  }
  return { node, at, key, missing: false }
}

function labelOf(place: Place, path: Path): string {
  let text = ''
  for (const step of path)
    text += typeof step === 'number' ? `[${step}]` : `${text === '' ? '' : '.'}${String(step)}`
  return shown(text === '' ? place.name : text)
}

/** A sentence of a tool type's own: `must …` speaks of the value, anything else stands alone. */
function subject(label: string, words: string): string {
  return /^(must|is|has|needs|cannot|may|does|carries|holds|belongs|names|starts|ends) /.test(words)
    ? `${label} ${words}`
    : words
}

/** A schema author's own message; null for the library's default. */
function ownWords(message: string): string | null {
  return /^(Invalid|Unrecognized|Too (small|big))/.test(message) ? null : message
}

function notText(label: string, node: ConfigNode): [message: string, fix: string | null] {
  if (node.source === null || (typeof node.value !== 'number' && typeof node.value !== 'boolean')) {
    return [notOfKind(label, 'string', node.value), null]
  }
  const written = shown(node.source)
  const fix = written.startsWith('`')
    ? `write it in quotes: \`"${node.source}"\``
    : 'write it in quotes'
  return [`${written} is ${valueWord(node.value)} to YAML, and ${label} must be text`, fix]
}

function notOfKind(label: string, expected: string, value: Json): string {
  const instead = typeof value === 'number' ? '' : `, not ${valueWord(value)}`
  return `${label} must be ${kindWord(expected)}${instead}`
}

function kindWord(expected: string): string {
  const words: Readonly<Record<string, string>> = {
    string: 'text',
    int: 'a whole number',
    number: 'a number',
    boolean: '`true` or `false`',
    array: 'a list',
    tuple: 'a list',
    object: 'a map',
    record: 'a map',
  }
  return words[expected] ?? 'something else'
}

function valueWord(value: Json): string {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  return (
    { string: 'text', number: 'a number', boolean: '`true` or `false`' }[typeof value as string] ??
    'a map'
  )
}

function sizeWords(issue: Extract<Issue, { code: 'too_small' | 'too_big' }>): string {
  if (issue.code === 'too_small' && issue.minimum === 1 && issue.origin !== 'number')
    return 'must not be empty'
  const [word, bound] =
    issue.code === 'too_small' ? ['at least', issue.minimum] : ['at most', issue.maximum]
  const units: Readonly<Record<string, string>> = {
    string: ' characters long',
    array: ' entries long',
    set: ' entries long',
  }
  return `must be ${word} ${String(bound)}${units[issue.origin] ?? ''}`
}

/** The words that a place accepts, where the issue names them. */
function acceptedWords(issue: Issue): string | null {
  const options = optionsOf(issue)
  if (options.length === 0) return null
  return options.length === 1 ? listed(options) : `one of ${listed(options)}`
}

function optionsOf(issue: Issue): readonly string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String)
  if (issue.code !== 'invalid_union') return []
  const options: unknown = 'options' in issue ? issue.options : undefined
  return Array.isArray(options) ? options.map(String) : []
}

/** The branch of a union that was nearly right; null where the value is of none of their kinds. */
function nearestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | null {
  const fitting = branches.filter(
    (issues) => !issues.some((issue) => issue.code === 'invalid_type' && issue.path.length === 0),
  )
  return fitting.reduce<readonly Issue[] | null>(
    (best, issues) => (best === null || issues.length < best.length ? issues : best),
    null,
  )
}
