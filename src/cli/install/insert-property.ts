import type { Edit, Node } from 'jsonc-parser'
import type { Json } from '../../core/json.ts'

/**
 * The edits that give an object one more property, at its end. jsonc-parser's own `modify` would format its neighbours anew;
 * here nothing is touched but what is put in, and a comment stays with what it stands beside.
 */
export function insertProperty(text: string, object: Node, name: string, value: Json): Edit[] {
  const end = object.offset + object.length - 1
  const inside = text.slice(object.offset + 1, end)
  const last = object.children?.at(-1)
  if (!inside.includes('\n') && inside.trim() !== '') {
    const comma = last === undefined || hasComma(text, endOf(last)) ? ' ' : ', '
    return [put(end, `${comma}${propertyText(name, value)}`)]
  }
  const outer = indentAt(text, object.offset)
  const first = object.children?.[0]
  const inner = first === undefined ? `${outer}${unitOf(text)}` : indentAt(text, first.offset)
  const eol = eolOf(text)
  const property = `${eol}${inner}${propertyText(name, value, { indent: inner, unit: unitOf(text), eol })}`
  if (last === undefined) {
    const closing = inside.includes('\n') ? '' : `${eol}${outer}`
    const at = inside.includes('\n') ? object.offset + 1 + inside.trimEnd().length : end
    return [put(at, `${property}${closing}`)]
  }
  const { comma, lineEnd } = afterProperty(text, endOf(last))
  return [...(comma ? [] : [put(endOf(last), ',')]), put(lineEnd, property)]
}

/** The edit that puts another value in the place of one. */
export function replaceValue(text: string, node: Node, value: Json): Edit[] {
  const oneLine = !text.includes('\n')
  const form = { indent: indentAt(text, node.offset), unit: unitOf(text), eol: eolOf(text) }
  const content = oneLine ? JSON.stringify(value) : valueText(value, form)
  return [{ offset: node.offset, length: node.length, content }]
}

interface Form {
  readonly indent: string
  readonly unit: string
  readonly eol: string
}

function propertyText(name: string, value: Json, form: Form | null = null): string {
  return `${JSON.stringify(name)}: ${form === null ? JSON.stringify(value) : valueText(value, form)}`
}

function valueText(value: Json, { indent, unit, eol }: Form): string {
  return JSON.stringify(value, null, unit).replaceAll('\n', `${eol}${indent}`)
}

// What may stand between the last property and the end of its object; there are no texts.
const TOKEN = /(?<comment>\/\/[^\r\n]*|\/\*[\s\S]*?\*\/)|(?<comma>,)|(?<line>\r?\n)|[^\S\r\n]+/y

/** Whether a comma follows, and where what belongs to the property's line ends: it, and comments beside it. */
function afterProperty(text: string, from: number): { comma: boolean; lineEnd: number } {
  TOKEN.lastIndex = from
  let comma = false
  let lineEnd: number | null = null
  let end = from
  for (let token = TOKEN.exec(text); token !== null; token = TOKEN.exec(text)) {
    const { groups = {}, index } = token
    if (groups['line'] !== undefined) lineEnd ??= end
    else if (groups['comma'] !== undefined || groups['comment'] !== undefined) {
      end = index + token[0].length
    }
    if (groups['comma'] === undefined) continue
    comma = true
    // A comma of a later line ends the property, and what is put in comes after it.
    if (lineEnd !== null) lineEnd = end
  }
  return { comma, lineEnd: lineEnd ?? end }
}

function hasComma(text: string, from: number): boolean {
  return afterProperty(text, from).comma
}

function endOf(node: Node): number {
  return node.offset + node.length
}

function put(offset: number, content: string): Edit {
  return { offset, length: 0, content }
}

/** The white space that the line begins with. */
function indentAt(text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1
  return /^[ \t]*/.exec(text.slice(start, offset))?.[0] ?? ''
}

/** One level of indentation, as the file has it. */
function unitOf(text: string): string {
  return /\n([ \t]+)\S/.exec(text)?.[1] ?? '  '
}

function eolOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n'
}
