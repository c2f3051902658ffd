import { resolve } from 'node:path'
import { expect } from 'vitest'
import type { Answer, Sandbox, SandboxWorld } from './command-line.ts'

/** One line of a transcript: what is typed, and the world that it is typed in. */
export type Typed =
  | readonly string[]
  | { readonly argv: readonly string[]; readonly world: SandboxWorld }

/**
 * Runs commands and compares what a terminal would show with `test/golden/cli/NAME.txt`: stdout, then stderr, then the exit
 * code where it is not 0. Folders of the sandbox are written as `HOME` and `STATE`.
 */
export async function expectTranscript(
  name: string,
  box: Sandbox,
  commands: readonly Typed[],
  replace: (text: string) => string = (text) => text,
): Promise<void> {
  const shown: string[] = []
  for (const typed of commands) {
    const { argv, world } = 'argv' in typed ? typed : { argv: typed, world: {} }
    const answer = await box.run(argv, world)
    shown.push(`$ keyhand ${argv.map(quoted).join(' ')}\n${textOf(answer)}`)
  }
  const text = replace(shown.join('\n').replaceAll(box.home, 'HOME').replaceAll(box.state, 'STATE'))
  await expect(text).toMatchFileSnapshot(
    resolve(import.meta.dirname, '../golden/cli', `${name}.txt`),
  )
}

function textOf({ out, err, code }: Answer): string {
  return `${out}${err}${code === 0 ? '' : `[exit ${code}]\n`}`
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`
}
