import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { createProgram } from '../../src/cli/program.ts'
import { sandbox } from '../support/command-line.ts'

/** Every command, as it is typed. */
function commandsOf(command: Command, words: readonly string[] = []): string[][] {
  const inner = command.commands.flatMap((one) => commandsOf(one, [...words, one.name()]))
  return [[...words], ...inner]
}

const nowhere = () => {
  throw new Error('nothing is run')
}
const commands = commandsOf(
  createProgram({ io: nowhere, out: nowhere, err: nowhere, exit: nowhere, end: nowhere }),
)

describe('--help', () => {
  it('knows every command', () => {
    expect(commands.length).toBeGreaterThan(8)
  })

  it.each(commands.map((words) => [['keyhand', ...words].join(' '), words] as const))(
    'of `%s` is what is published',
    async (name, words) => {
      const { code, out, err } = await sandbox().run([...words, '--help'])
      expect({ code, err }).toEqual({ code: 0, err: '' })
      const file = `../golden/cli/help/${name.replaceAll(' ', '-')}.txt`
      await expect(out).toMatchFileSnapshot(file)
    },
  )

  it('answers a command line without a command on stderr', async () => {
    for (const argv of [[], ['secret'], ['agent']]) {
      const { code, out, err } = await sandbox().run(argv)
      expect({ code, out }).toEqual({ code: 2, out: '' })
      expect(err).toContain('Usage: keyhand')
    }
  })

  it('prints a mistake as data under --json', async () => {
    const { code, out } = await sandbox().run(['--json', 'secret', 'list', '--all'])
    expect(code).toBe(2)
    expect(JSON.parse(out)).toEqual({
      error: { code: 'usage', message: 'unknown option `--all`', fix: 'see `keyhand --help`' },
    })
  })

  it('prints the version', async () => {
    const { code, out } = await sandbox().run(['--version'])
    expect(code).toBe(0)
    expect(out).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})
