import type { AddCommand } from '../command.ts'

export const addServe: AddCommand = (program, act) => {
  program
    .command('serve')
    .description('the MCP server of one agent, on stdin and stdout')
    .requiredOption('--agent <name>', 'whose scope file decides: agents/<name>.yaml')
    .action(
      act(async (io, options: { agent: string }) =>
        (await import('../serve.ts')).serve(io, options),
      ),
    )
}
