import { type Branch, leaf, type Node } from './tree.ts'

/** `NAME=value` lines; null where one is none. */
export function parseDotenv(text: string): Branch | null {
  const items: [string, Node][] = []
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    const at = line.indexOf('=')
    if (at < 0) return null
    items.push([line.slice(0, at), leaf(line.slice(at + 1).replaceAll('\\n', '\n'))])
  }
  return { kind: 'branch', items }
}

/** Sections of `name = value` lines, as sops writes them; what stands before the first is in `DEFAULT`. */
export function parseIni(text: string): Branch | null {
  const sections: [string, [string, Node][]][] = [['DEFAULT', []]]
  for (const line of text.split(/\r?\n/).map((one) => one.trim())) {
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue
    const section = /^\[(.+)\]$/.exec(line)?.[1]
    const [, key, value] = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(line) ?? []
    if (section !== undefined) sections.push([section, []])
    else if (key === undefined || value === undefined) return null
    else sections.at(-1)?.[1].push([unquoted(key), leaf(unquoted(value))])
  }
  const filled = sections.filter(([, items]) => items.length > 0)
  return {
    kind: 'branch',
    items: filled.map(([name, items]): [string, Node] => [name, { kind: 'branch', items }]),
  }
}

function unquoted(text: string): string {
  return /^(["'`])(.*)\1$/.exec(text)?.[2] ?? text
}
