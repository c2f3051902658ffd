import { isDeepStrictEqual } from 'node:util'
import { Document, isMap, isScalar, type Pair, parseDocument, YAMLMap } from 'yaml'
import { CATALOG_NAME } from '../core/agent.ts'
import { BrokerError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'

/** As files are written: no line is folded, brackets stay tight. */
const STYLE = { lineWidth: 0, flowCollectionPadding: true } as const

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
  const entry = { provider, ...reference }
  if (text.trim() === '') return addSecret('version: 1\n\nsecrets: {}\n', name, provider, reference)
  const document = parsed(text)
  const secrets = secretsOf(document)
  if (secrets?.has(name) === true) throw invalid(`the catalog has a secret \`${name}\` already`)
  const wanted = asObject(document.toJS())
  const expected = { ...wanted, secrets: { ...asObject(wanted['secrets']), [name]: entry } }
  const line = entryText(name, entry)
  const last = secrets?.flow === true ? undefined : secrets?.items.at(-1)
  const inserted = last === undefined ? null : insertAfter(text, last, line)
  if (inserted !== null && holds(inserted, expected)) return inserted
  const node = document.createNode(entry)
  node.flow = isFlat(entry)
  if (secrets === null || secrets.items.length === 0) {
    const map = new YAMLMap<unknown, unknown>()
    map.set(document.createNode(name), node)
    document.set('secrets', map)
  } else secrets.set(document.createNode(name), node)
  return verified(withNewlinesOf(text, document.toString(STYLE)), expected)
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
  if (secrets.items.length > 1 && secrets.flow !== true) {
    const cut = cutOut(text, pair)
    if (cut !== null && holds(cut, expected)) return cut
  }
  secrets.delete(name)
  if (secrets.items.length === 0) secrets.flow = true
  return verified(withNewlinesOf(text, document.toString(STYLE)), expected)
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

/** Puts lines below an entry of a block map, indented as it is; null where it cannot be told how. */
function insertAfter(text: string, entry: Pair, lines: string): string | null {
  const [start, end] = rangeOf(entry)
  const indent = text.slice(text.lastIndexOf('\n', start) + 1, start)
  if (!/^ *$/.test(indent)) return null
  const stop = endOfLine(text, end)
  const newline = text.includes('\r\n') ? '\r\n' : '\n'
  const block = lines
    .split('\n')
    .map((line) => indent + line)
    .join(newline)
  const head = text.slice(0, stop)
  return `${head}${head.endsWith('\n') ? '' : newline}${block}${newline}${text.slice(stop)}`
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

function verified(text: string, expected: unknown): string {
  if (holds(text, expected)) return text
  throw invalid('the catalog could not be edited', 'add or remove the entry by hand')
}

function withNewlinesOf(original: string, text: string): string {
  return original.includes('\r\n') ? text.replaceAll(/\r?\n/g, '\r\n') : text
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function invalid(message: string, fix?: string): BrokerError {
  return new BrokerError('config_invalid', message, {
    fix: fix ?? 'correct keyhand.yaml; `keyhand scope check` checks it',
  })
}
