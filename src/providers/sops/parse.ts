import { type Node as JsonNode, type ParseError, parseTree } from 'jsonc-parser'
import { isMap, isScalar, isSeq, parseAllDocuments } from 'yaml'
import { BrokerError } from '../../core/errors.ts'
import { parseDotenv, parseIni } from './flat-formats.ts'
import { numberText } from './number-text.ts'
import type { Format } from './reference.ts'
import { type Branch, childOf, leaf, type Metadata, type Node, type SopsFile } from './tree.ts'

/** @throws BrokerError `secret_invalid` where it is no file of sops that is read here; nothing of it is in the message. */
export function parseSopsFile(text: string, format: Format, path: string): SopsFile {
  const all = parseText(text, format)
  if (all === null || hasTwice(all)) throw unreadable(path, format)
  if (format === 'dotenv') {
    const own = all.items.filter(([key]) => !key.startsWith('sops_'))
    const said = all.items.flatMap(([key, value]): [string, Node][] =>
      key.startsWith('sops_') ? [[key.slice(5), value]] : [],
    )
    return fileOf(own, { kind: 'branch', items: said }, path)
  }
  const own = all.items.filter(([key]) => key !== 'sops')
  return fileOf(own, childOf(all, 'sops'), path)
}

function fileOf(items: Branch['items'], said: Node | null, path: string): SopsFile {
  const metadata = said?.kind === 'branch' ? metadataOf(said) : null
  if (metadata !== null) return { tree: { kind: 'branch', items }, metadata }
  throw new BrokerError('secret_invalid', `\`${path}\` is not encrypted by sops`, {
    fix: 'Encrypt it: `sops encrypt --in-place FILE`.',
  })
}

function metadataOf(said: Branch): Metadata | null {
  const text = (name: string) => {
    const value = childOf(said, name)
    return value?.kind === 'leaf' ? value.text : null
  }
  const [mac, lastModified] = [text('mac'), text('lastmodified')]
  if (mac === null || lastModified === null) return null
  const nested = childOf(said, 'age')
  const entries = nested?.kind === 'list' ? nested.items.map((one) => childOf(one, 'enc')) : []
  const flat = said.items.filter(([key]) => /^age__list_\d+__map_enc$/.test(key))
  const age = [...entries, ...flat.map(([, value]) => value)].flatMap((one) =>
    one?.kind === 'leaf' ? [one.text.replaceAll('\\n', '\n')] : [],
  )
  const macOnlyEncrypted = text('mac_only_encrypted')?.toLowerCase() === 'true'
  const split = said.items.some(([key]) => /^(key_groups|shamir_threshold)/.test(key))
  return { age, mac, lastModified, macOnlyEncrypted, split }
}

function parseText(text: string, format: Format): Branch | null {
  switch (format) {
    case 'yaml':
      return parseYaml(text)
    case 'json':
      return parseJson(text)
    case 'dotenv':
      return parseDotenv(text)
    case 'ini':
      return parseIni(text)
  }
}

function parseYaml(text: string): Branch | null {
  const documents = parseAllDocuments(text, {
    intAsBigInt: true,
    merge: false,
    prettyErrors: false,
  })
  const [first] = documents
  if (!Array.isArray(documents) || documents.length !== 1 || first === undefined) return null
  if (first.errors.length > 0) return null
  try {
    const node = fromYaml(first.contents, 0)
    return node.kind === 'branch' ? node : null
  } catch {
    return null
  }
}

const DEEPEST = 64

function fromYaml(node: unknown, depth: number): Node {
  if (depth > DEEPEST) throw new Error('too deep')
  if (isMap(node)) {
    const items = node.items.map(({ key, value }): [string, Node] => {
      if (!isScalar(key)) throw new Error('a key that is no scalar')
      return [
        typeof key.value === 'string' ? key.value : (key.source ?? ''),
        fromYaml(value, depth + 1),
      ]
    })
    return { kind: 'branch', items }
  }
  if (isSeq(node)) return { kind: 'list', items: node.items.map((one) => fromYaml(one, depth + 1)) }
  if (node === null) return leaf('')
  // An alias would be a value at a place that its writer did not encrypt it for.
  if (!isScalar(node)) throw new Error('no value')
  return leaf(scalarText(node.value))
}

function scalarText(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'bigint' || typeof value === 'number') return numberText(String(value))
  return ''
}

function parseJson(text: string): Branch | null {
  const errors: ParseError[] = []
  const root = parseTree(text, errors, { disallowComments: true })
  if (root === undefined || errors.length > 0) return null
  const node = fromJson(root, text)
  return node.kind === 'branch' ? node : null
}

function fromJson(node: JsonNode, text: string): Node {
  const { type, children = [], offset, length } = node
  if (type === 'object') {
    const items = children.flatMap(({ children: [key, value] = [] }): [string, Node][] =>
      key === undefined || value === undefined ? [] : [[String(key.value), fromJson(value, text)]],
    )
    return { kind: 'branch', items }
  }
  if (type === 'array') return { kind: 'list', items: children.map((one) => fromJson(one, text)) }
  if (type === 'number') return leaf(numberText(text.slice(offset, offset + length)))
  return leaf(scalarText(node.value))
}

/** Which of two would be meant, nobody knows. */
function hasTwice(node: Node): boolean {
  if (node.kind === 'leaf') return false
  if (node.kind === 'list') return node.items.some(hasTwice)
  const names = new Set(node.items.map(([key]) => key))
  return names.size < node.items.length || node.items.some(([, value]) => hasTwice(value))
}

function unreadable(path: string, format: Format): BrokerError {
  return new BrokerError('secret_invalid', `\`${path}\` cannot be read as ${format}`, {
    fix: 'Check `format` in keyhand.yaml; several documents, aliases and keys that stand twice are read by the `sops` program only (`program:`).',
  })
}
