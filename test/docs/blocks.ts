import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'

/** A fenced block of a page. */
export interface Block {
  /** `docs/catalog.md:5`, where the block begins. */
  readonly place: string
  /** The word after the fence: `yaml`. */
  readonly language: string
  /** What follows that word: `fragment`. */
  readonly marks: readonly string[]
  readonly text: string
}

const ROOT = resolve(import.meta.dirname, '../..')

/** Every fenced block of README.md and of the pages below docs/, in order. */
export function blocksOfDocs(): readonly Block[] {
  const pages = readdirSync(join(ROOT, 'docs'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).split(sep).join('/'))
  return [...pages, 'README.md'].sort().flatMap((page) => {
    try {
      return blocksOf(page, readFileSync(join(ROOT, page), 'utf8'))
    } catch (thrown) {
      if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return []
      throw thrown
    }
  })
}

/** @throws Error where a fence is not closed: what follows would be no text any more. */
export function blocksOf(page: string, text: string): readonly Block[] {
  const blocks: Block[] = []
  let open: { fence: string; place: string; info: string; lines: string[] } | null = null
  for (const [index, line] of text.split('\n').entries()) {
    const [, indent = '', fence, info = ''] = /^( {0,3})(`{3,}|~{3,})(.*)$/.exec(line) ?? []
    if (open === null) {
      if (fence !== undefined)
        open = { fence: indent + fence, place: `${page}:${index + 1}`, info, lines: [] }
    } else if (fence !== undefined && info.trim() === '' && indent + fence === open.fence) {
      const [language = '', ...marks] = open.info.trim().split(/\s+/)
      blocks.push({ place: open.place, language, marks, text: `${open.lines.join('\n')}\n` })
      open = null
    } else open.lines.push(line)
  }
  if (open !== null) throw new Error(`${open.place}: the block has no end`)
  return blocks
}
