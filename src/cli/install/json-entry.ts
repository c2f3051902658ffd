import { isDeepStrictEqual } from 'node:util'
import {
  applyEdits,
  type Edit,
  findNodeAtLocation,
  type Node,
  type ParseError,
  parse,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser'
import { type Edited, isRecord, own, type Wanted, withoutServer } from './edited.ts'
import { insertProperty, replaceValue } from './insert-property.ts'

const OPTIONS = { allowTrailingComma: true, disallowComments: false }

/** Puts an entry into a JSON text, with comments or without. Every other byte of it stays. */
export function editJson(text: string, wanted: Wanted): Edited {
  const { servers, name, entry, force } = wanted
  const bom = text.startsWith('\uFEFF') ? '\uFEFF' : ''
  const body = text.slice(bom.length)
  if (body.trim() === '') {
    const made = JSON.stringify({ [servers]: { [name]: entry } }, null, 2)
    return { kind: 'text', text: `${bom}${made}\n`, replaced: false }
  }
  const errors: ParseError[] = []
  const root = parseTree(body, errors, OPTIONS)
  const [error] = errors
  if (error !== undefined || root === undefined) {
    return impossible(
      `it is not JSON: ${error === undefined ? 'nothing stands there' : placeOf(body, error)}`,
    )
  }
  const before: unknown = dataOf(body)
  if (!isRecord(before)) return impossible('it holds no JSON object')
  const all = own(before, servers)
  if (all !== undefined && !isRecord(all)) return impossible(`\`${servers}\` in it is no object`)
  // A reader takes the last of two, an edit would change the first.
  if (isTwice(root, servers) || isTwice(findNodeAtLocation(root, [servers]), name)) {
    return impossible('it has the same key twice')
  }
  const current = own(all, name)
  if (isDeepStrictEqual(current, entry)) return { kind: 'same' }
  if (current !== undefined && !force) return { kind: 'different', current }
  const after = applyEdits(body, editsOf(body, root, wanted))
  const data: unknown = dataOf(after)
  const rest = (value: unknown) => withoutServer(value, servers, name)
  if (
    !isDeepStrictEqual(rest(data), rest(before)) ||
    !isDeepStrictEqual(own(own(data, servers), name), entry)
  ) {
    return impossible('it cannot be edited without changing something else')
  }
  return { kind: 'text', text: `${bom}${after}`, replaced: current !== undefined }
}

function dataOf(text: string): unknown {
  const data: unknown = parse(text, [], OPTIONS)
  return data
}

function isTwice(object: Node | undefined, key: string): boolean {
  const names = (object?.children ?? []).map((property): unknown => property.children?.[0]?.value)
  return names.filter((name) => name === key).length > 1
}

function editsOf(text: string, root: Node, { servers, name, entry }: Wanted): Edit[] {
  const container = findNodeAtLocation(root, [servers])
  if (container === undefined) return insertProperty(text, root, servers, { [name]: entry })
  const current = findNodeAtLocation(container, [name])
  return current === undefined
    ? insertProperty(text, container, name, entry)
    : replaceValue(text, current, entry)
}

function placeOf(text: string, { error, offset }: ParseError): string {
  const lines = text.slice(0, offset).split('\n')
  return `line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}: ${printParseErrorCode(error)}`
}

function impossible(why: string): Edited {
  return { kind: 'impossible', why, fix: 'Mend the file, or put in by hand what `--print` shows.' }
}
