import { isDeepStrictEqual } from 'node:util'
import { parse, stringify } from 'smol-toml'
import { type Edited, isRecord, own, type Wanted, withoutServer } from './edited.ts'

/**
 * Puts an entry into a TOML text: a table of its own at the end, or in the place of the one that is there. The parser keeps no
 * comments, so the text is edited, and parsed before and after: where anything else would differ, nothing is changed.
 */
export function editToml(text: string, wanted: Wanted): Edited {
  const { servers, name, entry, force } = wanted
  const before = dataOf(text)
  if (before instanceof Error)
    return impossible(`it is not TOML: ${before.message.split('\n')[0] ?? ''}`)
  const current = own(own(before, servers), name)
  if (isDeepStrictEqual(plain(current), plain(entry))) return { kind: 'same' }
  if (current !== undefined && !force) return { kind: 'different', current: plain(current) }
  const table = tomlTable(wanted)
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  const lines = table.replaceAll('\n', eol)
  const after = current === undefined ? appended(text, lines, eol) : replaced(text, lines, wanted)
  const data = after === null ? null : dataOf(after)
  const rest = (value: unknown) => plain(withoutServer(value, servers, name))
  if (
    after === null ||
    data === null ||
    data instanceof Error ||
    !isDeepStrictEqual(rest(data), rest(before)) ||
    !isDeepStrictEqual(plain(own(own(data, servers), name)), plain(entry))
  ) {
    return impossible(
      `\`${servers}.${name}\` cannot be put into it without changing something else`,
    )
  }
  return { kind: 'text', text: after, replaced: current !== undefined }
}

/** The entry as a table of a TOML file. */
export function tomlTable({ servers, name, entry }: Omit<Wanted, 'force'>): string {
  const { env, ...plainFields } = entry
  const head = `[${servers}.${name}]\n${stringify(plainFields).trimEnd()}\n`
  return !isRecord(env) ? head : `${head}\n[${servers}.${name}.env]\n${stringify(env).trimEnd()}\n`
}

function appended(text: string, table: string, eol: string): string {
  if (text.trim() === '') return table
  const end = text.endsWith('\n') ? '' : eol
  return `${text}${end}${eol}${table}`
}

/** Null where the entry does not stand there as a table under a head of its own. */
function replaced(text: string, table: string, { servers, name }: Wanted): string | null {
  const lines = text.split(/(?<=\n)/)
  const key = (word: string) => `(?:${word}|"${word}"|'${word}')`
  const path = `\\s*${key(servers)}\\s*\\.\\s*${key(name)}\\s*`
  const head = new RegExp(`^\\s*\\[${path}(?:\\..*)?\\]\\s*(?:#.*)?\\r?\\n?$`)
  const ours = lines.map((line) => head.test(line))
  const start = ours.indexOf(true)
  if (start === -1) return null
  let end = start + 1
  while (end < lines.length && (ours[end] === true || !/^\s*\[/.test(lines[end] ?? ''))) end += 1
  // What stands before the next table belongs to that one.
  while (end < lines.length && end > start + 1 && /^\s*(?:#.*)?\r?\n?$/.test(lines[end - 1] ?? ''))
    end -= 1
  return [...lines.slice(0, start), table, ...lines.slice(end)].join('')
}

function dataOf(text: string): unknown {
  try {
    return parse(text.replace(/^\uFEFF/, ''), { integersAsBigInt: true })
  } catch (thrown) {
    return thrown instanceof Error ? thrown : new Error('it cannot be parsed')
  }
}

/** Maps without a prototype, and with, are the same data. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (value instanceof Date) return value.toISOString()
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]))
}

function impossible(why: string): Edited {
  return { kind: 'impossible', why, fix: 'Mend the file, or put in by hand what `--print` shows.' }
}
