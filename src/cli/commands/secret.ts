import type { Command } from 'commander'
import type { Act, AddCommand } from '../command.ts'
import type { CheckOptions } from '../secret/check.ts'
import type { RefreshOptions } from '../secret/refresh.ts'
import type { RemoveOptions } from '../secret/remove.ts'
import type { SetOptions } from '../secret/set.ts'

export const addSecret: AddCommand = (program, act) => {
  const secret = program
    .command('secret')
    .description('values: store, list, check and remove them; none is ever shown')

  secret
    .command('set')
    .description('store a value: from a hidden prompt, or from stdin where that is no terminal')
    .usage('[options] <name>')
    .argument('<name...>', 'the name in the catalog; a new one is added to it')
    .option('--from-env <variable>', 'take the value from this environment variable')
    .option('--provider <type>', 'where a new secret lives (default: keychain, else file)')
    .option('--ref <key=value>', "a new secret's place in its provider (repeatable)", collect)
    .option('--profile <name>', 'the value that this profile of the catalog gives it')
    .option('--keep-newline', 'keep the newline at the end of what stdin gives')
    // A value on the command line must not come back in commander's own message.
    .allowUnknownOption()
    .action(
      act(async (io, words: string[], options: SetOptions) =>
        (await import('../secret/set.ts')).secretSet(io, words, options),
      ),
    )

  secret
    .command('list')
    .description(
      'the secrets of the catalog: where each lives, which tools use it, what is in memory',
    )
    .action(act(async (io) => (await import('../secret/list.ts')).secretList(io)))

  secret
    .command('remove')
    .description('remove a value from its store, and its entry from the catalog')
    .argument('<name>', 'the name in the catalog')
    .option('--keep-entry', 'leave the entry in the catalog')
    .option('--force', 'also where a tool of the catalog uses it')
    .option('--yes', 'do not ask')
    .action(
      act(async (io, name: string, options: RemoveOptions) =>
        (await import('../secret/remove.ts')).secretRemove(io, name, options),
      ),
    )

  secret
    .command('check')
    .description('say whether values resolve and how strong they are, never what they are')
    .argument('[name...]', 'names in the catalog')
    .option('--all', 'every secret of the catalog')
    .option('--profile <name>', 'as they are under this profile of the catalog')
    .action(
      act(async (io, names: string[], options: CheckOptions) =>
        (await import('../secret/check.ts')).secretCheck(io, names, options),
      ),
    )

  addRefresh(secret, act)
}

function addRefresh(secret: Command, act: Act): void {
  secret
    .command('refresh')
    .description('let no running server use what it has in memory: the next call fetches anew')
    .argument('[name...]', 'names in the catalog')
    .option('--all', 'every secret of the catalog')
    .action(
      act(async (io, names: string[], options: RefreshOptions) =>
        (await import('../secret/refresh.ts')).secretRefresh(io, names, options),
      ),
    )
}

function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}
