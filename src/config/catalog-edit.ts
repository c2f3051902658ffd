import { isDeepStrictEqual } from 'node:util'
import { Document, isMap, isScalar, type Pair, parseDocument, YAMLMap } from 'yaml'
import { CATALOG_NAME } from '../core/agent.ts'
import { BrokerError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'

/** As files are written where a part has to be formatted anew: no line is folded. */
const STYLE = { lineWidth: 0 } as const

/**
 * The catalog's text with one more secret; comments and formatting of all else are kept. An empty text becomes a catalog.
 *
 * @throws BrokerError `config_invalid` where the text is no catalog, or has that secret already.
 */
export function addSecret(
  text: string,
  name: string,
  provider: string,
  reference: JsonObject,
): string {
  if (!CATALOG_NAME.test(name)) throw invalid('that cannot be the name of a secret')
  const document = parsed(text)
  const entry = { provider, ...reference }
  const secrets = secretsOf(document)
  if (secrets?.has(name) === true) throw invalid(`the catalog has a secret \`${name}\` already`)
  const before = document.contents === null ? { version: 1 } : asObject(document.toJS())
  const expected = { ...before, secrets: { ...asObject(before['secrets']), [name]: entry } }
  const lines = entryText(name, entry)
  const edited = firstThatHolds(expected, [
    () =>
      document.contents === null
        ? append(text, `version: 1\n\nsecrets:\n${indented(lines, '  ')}`)
        : null,
    () => (document.has('secrets') ? null : append(text, `\nsecrets:\n${indented(lines, '  ')}`)),
    () =>
      secrets === null ? insertBelowKey(text, document, lines) : insertInto(text, secrets, lines),
  ])
  if (edited !== null) return edited
  const node = document.createNode(entry)
  node.flow = true
  if (secrets === null || secrets.items.length === 0) {
    const map = new YAMLMap<unknown, unknown>()
    map.set(document.createNode(name), node)
    document.set('secrets', map)
  } else secrets.set(document.createNode(name), node)
  return formattedAnew(text, document, expected)
}

/**
 * The catalog's text without a secret; comments and formatting of all else are kept.
 *
 * @throws BrokerError `config_invalid` where the text is no catalog, or has no such secret.
 */
export function removeSecret(text: string, name: string): string {
  const document = parsed(text)
  const secrets = secretsOf(document)
  const pair = secrets?.items.find((item) => isScalar(item.key) && item.key.value === name)
  if (secrets === null || pair === undefined) throw invalid(`the catalog has no secret \`${name}\``)
  const before = asObject(document.toJS())
  const { [name]: _, ...others } = asObject(before['secrets'])
  const expected = { ...before, secrets: others }
  const edited = firstThatHolds(expected, [
    () => cutOut(text, pair),
    () => {
      const head =
        text.slice(0, secrets.range?.[0] ?? 0).lastIndexOf('secrets:') + 'secrets:'.length
      const cut = cutOut(text, pair)
      return cut === null ? null : `${cut.slice(0, head)} {}${cut.slice(head)}`
    },
  ])
  if (edited !== null) return edited
  secrets.delete(name)
  if (secrets.items.length === 0) secrets.flow = true
  return formattedAnew(text, document, expected)
}

function parsed(text: string): Document.Parsed {
  let document: Document.Parsed
  try {
    document = parseDocument(text, { prettyErrors: false, logLevel: 'silent' })
  } catch {
    throw invalid('the catalog cannot be read as YAML')
  }
  if (document.errors.length > 0) throw invalid('the catalog cannot be read as YAML')
  if (document.contents !== null && !isMap(document.contents))
    throw invalid('the catalog is not a map')
  return document
}

function secretsOf(document: Document.Parsed): YAMLMap | null {
  const secrets: unknown = document.get('secrets', true)
  if (isMap(secrets)) return secrets
  if (secrets === undefined || secrets === null || (isScalar(secrets) && secrets.value === null))
    return null
  throw invalid('`secrets` in the catalog is not a map')
}

/** Puts an entry's lines into a map, in the manner of those that it has; null where it cannot be told how. */
function insertInto(text: string, map: YAMLMap, lines: string): string | null {
  const [start, end] = nodeRange(map) ?? [0, 0]
  const last = map.items.at(-1)
  if (last === undefined)
    return `${text.slice(0, start).trimEnd()}\n${indented(lines, '  ')}${text.slice(end)}`
  if (map.flow === true) {
    const inside = text.slice(start, end - 1)
    const space = /\s$/.exec(inside)?.[0] ?? ''
    return `${text.slice(0, start)}${inside.trimEnd()}, ${lines}${space}${text.slice(end - 1)}`
  }
  const [first, stop] = rangeOf(last)
  const indent = text.slice(text.lastIndexOf('\n', first) + 1, first)
  if (!/^ *$/.test(indent)) return null
  const below = endOfLine(text, stop)
  const newline = text.includes('\r\n') ? '\r\n' : '\n'
  const head = text.slice(0, below)
  const block = indented(lines, indent).replaceAll('\n', newline)
  return `${head}${head.endsWith('\n') ? '' : newline}${block}${newline}${text.slice(below)}`
}

/** Below `secrets:` that has no value yet, before what is commented out there. */
function insertBelowKey(text: string, document: Document.Parsed, lines: string): string | null {
  if (!isMap(document.contents)) return null
  const pair = document.contents.items.find(
    (item) => isScalar(item.key) && item.key.value === 'secrets',
  )
  const range = nodeRange(pair?.key)
  if (range === null) return null
  const below = endOfLine(text, range[1])
  return append(text.slice(0, below), indented(lines, '  ')) + text.slice(below)
}

function append(text: string, lines: string): string {
  const newline = text.includes('\r\n') ? '\r\n' : '\n'
  const head = text === '' || text.endsWith('\n') ? text : `${text}${newline}`
  return head + `${lines}\n`.replaceAll('\n', newline)
}

function indented(lines: string, indent: string): string {
  return lines
    .split('\n')
    .map((line) => indent + line)
    .join('\n')
}

function cutOut(text: string, entry: Pair): string | null {
  const [start, end] = rangeOf(entry)
  const from = text.lastIndexOf('\n', start) + 1
  return /^ *$/.test(text.slice(from, start))
    ? text.slice(0, from) + text.slice(endOfLine(text, end))
    : null
}

/** From the key's start to the value's end, without the comments after it. */
function rangeOf(entry: Pair): [start: number, end: number] {
  const key = nodeRange(entry.key)
  const value = nodeRange(entry.value) ?? key
  return [key?.[0] ?? 0, value?.[1] ?? 0]
}

function nodeRange(node: unknown): readonly [number, number, number] | null {
  return isMap(node) || isScalar(node) ? (node.range ?? null) : null
}

/** Behind the line's end; a value that ends at a line's start has taken its own. */
function endOfLine(text: string, offset: number): number {
  if (offset > 0 && text[offset - 1] === '\n') return offset
  const at = text.indexOf('\n', offset)
  return at < 0 ? text.length : at + 1
}

/** `name: { provider: keychain }`, or a block where the reference nests. */
function entryText(name: string, entry: JsonObject): string {
  const document = new Document({ [name]: entry }, { version: '1.2' })
  const node: unknown = document.get(name, true)
  if (isMap(node)) node.flow = isFlat(entry)
  return document.toString(STYLE).trimEnd()
}

function isFlat(entry: JsonObject): boolean {
  return (
    Object.keys(entry).length <= 3 &&
    Object.values(entry).every((value) => typeof value !== 'object')
  )
}

function holds(text: string, expected: unknown): boolean {
  try {
    const document = parseDocument(text, { prettyErrors: false, logLevel: 'silent' })
    return document.errors.length === 0 && isDeepStrictEqual(document.toJS(), expected)
  } catch {
    return false
  }
}

/** The first edit that reads as expected: an edit of text is only trusted once it was read again. */
function firstThatHolds(expected: unknown, edits: readonly (() => string | null)[]): string | null {
  for (const edit of edits) {
    const text = edit()
    if (text !== null && holds(text, expected)) return text
  }
  return null
}

/** By the library, which keeps comments but not every space. */
function formattedAnew(original: string, document: Document, expected: unknown): string {
  const text = document.toString(STYLE)
  const result = original.includes('\r\n') ? text.replaceAll(/\r?\n/g, '\r\n') : text
  if (holds(result, expected)) return result
  throw invalid('the catalog could not be edited', 'add or remove the entry by hand')
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function invalid(message: string, fix?: string): BrokerError {
  return new BrokerError('config_invalid', message, {
    fix: fix ?? 'correct keyhand.yaml; `keyhand scope check` checks it',
  })
}
