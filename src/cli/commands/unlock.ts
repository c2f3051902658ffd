import type { AddCommand } from '../command.ts'
import type { UnlockOptions } from '../unlock.ts'

export const addUnlock: AddCommand = (program, act) => {
  program
    .command('unlock')
    .description('open an encrypted file that has a passphrase, for the servers of this user')
    .option('--hours <n>', 'for so long, in memory; without it: into the OS keychain, until --lock')
    .option('--lock', 'lock it again')
    .action(
      act(async (io, options: UnlockOptions) => (await import('../unlock.ts')).unlock(io, options)),
    )
}
