import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import type { Json, JsonObject } from '../core/json.ts'
import type { Position } from '../core/rule.ts'
import type { ConfigProblem } from '../core/snapshot.ts'
import { mistake, startOf } from './problem.ts'
import { shown } from './wording.ts'
import { syntaxMessage } from './yaml-syntax.ts'

/** Deeper than any file of ours, shallower than any stack. */
const MAX_DEPTH = 24
const MAX_NODES = 20_000
const MAX_TEXT = 65_536

/** A value of a file, and where it stands. */
export interface ConfigNode {
  readonly value: Json
  readonly at: Position
  /** A plain scalar as it was written: `0123456789`; null for what is quoted or a collection. */
  readonly source: string | null
  readonly entries: ReadonlyMap<string, { readonly key: Position; readonly node: ConfigNode }>
  readonly items: readonly ConfigNode[]
}

export type ConfigPath = readonly (string | number)[]

/** A mistake of form, and the part of the file that it spoils. */
export interface FormProblem {
  readonly path: ConfigPath
  readonly problem: ConfigProblem
}

export interface YamlFile {
  /** Null where the text is not YAML of ours at all; then `problems` says why. */
  readonly root: ConfigNode | null
  readonly problems: readonly FormProblem[]
}

/**
 * Reads YAML as data: one document, text keys, no aliases, anchors, tags, merge keys, duplicates or nulls, each refused
 * where it stands by walking the document before it becomes a value. Never throws.
 *
 * @param file the name that positions carry.
 */
export function parseYaml(file: string, text: string): YamlFile {
  const lines = new LineCounter()
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  let documents: Document.Parsed[]
  try {
    // INVARIANT: duplicate keys are found below; the library's own search for them is quadratic.
    const options = {
      uniqueKeys: false,
      prettyErrors: false,
      merge: false,
      logLevel: 'silent',
    } as const
    const parsed = parseAllDocuments(text, { ...options, version: '1.2', lineCounter: lines })
    documents = Array.isArray(parsed) ? parsed : []
  } catch {
    return unreadable(mistake(startOf(file), 'this cannot be read as YAML', 'nest it less deeply'))
  }
  const [document, second] = documents
  if (document === undefined) return unreadable(mistake(startOf(file), 'the file is empty'))
  const wrong = [...document.errors, ...document.warnings].filter(
    (error) => error.code !== 'TAG_RESOLVE_FAILED',
  )
  const first = wrong.sort((a, b) => a.pos[0] - b.pos[0])[0]
  if (first !== undefined) {
    const { message, fix } = syntaxMessage(first.code, text.slice(first.pos[0], first.pos[0] + 80))
    return unreadable(mistake(at(first.pos[0]), message, fix))
  }
  if (second !== undefined) {
    const start = second.contents?.range[0] ?? second.range[0]
    return unreadable(
      mistake(
        at(start),
        'a second document starts here',
        'keep one document, without `---` inside',
      ),
    )
  }
  const { directives } = document
  if (directives.yaml.explicit === true || Object.keys(directives.tags).length > 1) {
    return unreadable(
      mistake(startOf(file), 'directives (`%`) are not used here', 'remove the line'),
    )
  }
  if (document.contents === null) return unreadable(mistake(startOf(file), 'the file is empty'))
  const walk = new Walk(at)
  const root = walk.node(document.contents, [], 0)
  return walk.tooMuch === null
    ? { root, problems: walk.problems }
    : unreadable(mistake(startOf(file), walk.tooMuch, 'make it smaller'))
}

function unreadable(problem: ConfigProblem): YamlFile {
  return { root: null, problems: [{ path: [], problem }] }
}

class Walk {
  readonly problems: FormProblem[] = []
  tooMuch: string | null = null
  #nodes = 0
  readonly #at: (offset: number) => Position

  constructor(at: (offset: number) => Position) {
    this.#at = at
  }

  node(node: Node, path: ConfigPath, depth: number, keyAt: Position | null = null): ConfigNode {
    const at = this.#at(node.range?.[0] ?? 0)
    if (++this.#nodes > MAX_NODES) this.tooMuch ??= `the file has more than ${MAX_NODES} values`
    if (depth > MAX_DEPTH) this.tooMuch ??= `the file is nested more than ${MAX_DEPTH} deep`
    if (this.tooMuch !== null) return leaf(null, at)
    if (isAlias(node)) {
      this.#wrong(
        path,
        at,
        `\`*\` is an alias to YAML`,
        `quote it: \`"*${printable(node.source)}"\``,
      )
      return leaf(null, at)
    }
    if (node.tag !== undefined) {
      this.#wrong(
        path,
        keyAt ?? at,
        'tags (`!`) are not used here',
        'remove the tag, or quote the text',
      )
    }
    if ((isScalar(node) || isMap(node) || isSeq(node)) && node.anchor !== undefined) {
      const fix = 'remove the anchor, or quote the text'
      this.#wrong(path, keyAt ?? at, 'anchors (`&`) are not used here', fix)
    }
    if (isMap(node)) return this.#map(node, at, path, depth)
    if (isSeq(node)) return this.#list(node, at, path, depth)
    if (!isScalar(node)) return leaf(null, at)
    if (node.value === null) return this.#nothing(keyAt ?? at, path)
    return this.#scalar(node.value, node.type === 'PLAIN' ? (node.source ?? null) : null, at, path)
  }

  #map(node: YAMLMap, at: Position, path: ConfigPath, depth: number): ConfigNode {
    const entries = new Map<string, { key: Position; node: ConfigNode }>()
    for (const { key, value } of node.items as { key: unknown; value: unknown }[]) {
      const keyNode = isNode(key) ? key : null
      const keyAt = this.#at(keyNode?.range?.[0] ?? node.range?.[0] ?? 0)
      if (keyNode === null || !isScalar(keyNode) || typeof keyNode.value !== 'string') {
        this.#badKey(path, keyAt, keyNode)
        continue
      }
      const name = keyNode.value
      const inner = [...path, name]
      if (keyNode.anchor !== undefined || keyNode.tag !== undefined) {
        this.#wrong(inner, keyAt, 'a key has no anchor or tag here', 'remove it, or quote the key')
      }
      if (name === '<<')
        this.#wrong(inner, keyAt, 'merge keys (`<<`) are not used here', 'write the values out')
      if (name === '__proto__') this.#wrong(inner, keyAt, 'this key is not allowed', 'remove it')
      if (name.length > 256) this.#wrong(path, keyAt, 'this key is longer than 256 characters')
      if (entries.has(name)) {
        this.#wrong(inner, keyAt, `the key ${shown(name)} is here twice`, 'keep one of the two')
        continue
      }
      const child = isNode(value)
        ? this.node(value, inner, depth + 1, keyAt)
        : this.#nothing(keyAt, inner)
      entries.set(name, { key: keyAt, node: child })
    }
    const own = [...entries].filter(([name]) => name !== '__proto__')
    const value: JsonObject = Object.fromEntries(
      own.map(([name, entry]) => [name, entry.node.value]),
    )
    return { value, at, source: null, entries, items: [] }
  }

  #list(node: YAMLSeq, at: Position, path: ConfigPath, depth: number): ConfigNode {
    const items = node.items.map((item, index) =>
      isNode(item)
        ? this.node(item, [...path, index], depth + 1)
        : this.#nothing(at, [...path, index]),
    )
    return { value: items.map((item) => item.value), at, source: null, entries: new Map(), items }
  }

  #scalar(value: unknown, written: string | null, at: Position, path: ConfigPath): ConfigNode {
    if (typeof value === 'number') {
      const exact =
        Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
      if (exact) return leaf(value, at, written)
      const quoted = shown(written ?? String(value))
      this.#wrong(
        path,
        at,
        `${quoted} is a number that cannot be kept exactly`,
        'write it in quotes',
      )
      return leaf(null, at)
    }
    if (typeof value === 'boolean') return leaf(value, at, written)
    if (typeof value !== 'string') return leaf(null, at)
    if (value.length > MAX_TEXT)
      this.#wrong(path, at, `this text is longer than ${MAX_TEXT} characters`)
    return leaf(value, at, written)
  }

  #nothing(at: Position, path: ConfigPath): ConfigNode {
    const name = path.at(-1)
    const subject =
      typeof name === 'string' ? `${shown(name)} has no value` : 'there is nothing here'
    const section =
      path.length === 1 && typeof name === 'string' && /^(secrets|tools|settings)$/.test(name)
    const fix = section
      ? `write \`${name}: {}\`, or remove the line`
      : 'give it a value, or remove the line'
    this.#wrong(path, at, subject, fix)
    return leaf(null, at)
  }

  #badKey(path: ConfigPath, at: Position, key: Node | null): void {
    if (isAlias(key))
      this.#wrong(path, at, '`*` is an alias to YAML', `quote it: \`"*${printable(key.source)}"\``)
    else if (isScalar(key) && key.source !== undefined && key.source !== '') {
      const written = shown(key.source)
      this.#wrong(path, at, `the key ${written} is not text to YAML`, 'write it in quotes')
    } else this.#wrong(path, at, 'a key must be text')
  }

  #wrong(path: ConfigPath, at: Position, message: string, fix: string | null = null): void {
    if (this.problems.length < 100) this.problems.push({ path, problem: mistake(at, message, fix) })
  }
}

function leaf(value: Json, at: Position, source: string | null = null): ConfigNode {
  return { value, at, source, entries: new Map(), items: [] }
}

function isNode(value: unknown): value is Node {
  return isAlias(value) || isScalar(value) || isMap(value) || isSeq(value)
}

function printable(text: string): string {
  return /^[\w./*-]{0,40}$/.test(text) ? text : '…'
}
