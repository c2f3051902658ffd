import type { AddCommand } from '../command.ts'

export const addScope: AddCommand = (program, act) => {
  const scope = program
    .command('scope')
    .description('scope files: check them, and see what they mean')

  scope
    .command('check')
    .description('every mistake and warning of the catalog, all scope files and guardrails')
    .action(act(async (io) => (await import('../scope/check.ts')).scopeCheck(io)))

  scope
    .command('show')
    .description('what one agent may do, what is not limited, and the secrets that it takes')
    .argument('<agent>', 'the name of the agent')
    .action(
      act(async (io, agent: string) => (await import('../scope/show.ts')).scopeShow(io, agent)),
    )
}
