import type { AddCommand } from '../command.ts'

export const addAgent: AddCommand = (program, act) => {
  const agent = program.command('agent').description('agents: list them, and clear their stops')

  agent
    .command('list')
    .description('the agents of this home, and whether one is stopped')
    .action(act(async (io) => (await import('../agent.ts')).agentList(io)))

  agent
    .command('unblock')
    .description('let an agent call again that was stopped for probing')
    .argument('<name>', 'the agent')
    .action(act(async (io, name: string) => (await import('../agent.ts')).agentUnblock(io, name)))
}
