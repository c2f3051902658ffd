import { join } from 'node:path'
import { readChecked } from '../../config/checked-file.ts'
import { decodeText } from '../../config/file-text.ts'
import { currentTrust } from '../../config/file-trust.ts'

/** A rule's place, and what stands in that line of the file. */
export interface ConfigLine {
  /** `file:line:column`. */
  readonly id: string
  /** Without the white space around it; null where the file cannot be read now or has no such line. */
  readonly text: string | null
}

/** Only scope files and guardrails have rules; an id that names another file has no line. */
const ID = /^((?:agents|policies)\/[\w.-]+):(\d+):\d+$/

/** The line that a rule's id names. */
export async function lineAt(home: string, id: string): Promise<ConfigLine> {
  const [, file, line] = ID.exec(id) ?? []
  if (file === undefined) return { id, text: null }
  const read = await readChecked(join(home, file), currentTrust())
  const text = read.state === 'read' ? decodeText(file, read.bytes) : null
  if (typeof text !== 'string') return { id, text: null }
  return { id, text: text.split(/\r\n|\n|\r/)[Number(line) - 1]?.trim() ?? null }
}
