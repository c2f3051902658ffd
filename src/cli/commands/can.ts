import type { CanOptions } from '../can/can.ts'
import type { AddCommand } from '../command.ts'

export const addCan: AddCommand = (program, act) => {
  program
    .command('can')
    .description('whether an agent may make a call, and which rule says so; nothing is performed')
    .argument('<agent>', 'the name of the agent')
    .argument('<tool>', 'the name of the tool in the catalog')
    .argument('[method]', 'of an http tool: GET, POST …')
    .argument('[path]', 'of an http tool, below its base_url, without the query')
    .option(
      '--query <key=value>',
      'a query parameter of an http tool; may be given again',
      collect,
      [],
    )
    .option(
      '--profile <name>',
      'one of the profiles that the scope file lists (default: its first)',
    )
    .option('--input <json>', 'instead of method and path: the input as the agent would send it')
    .action(
      act(
        async (
          io,
          agent: string,
          tool: string,
          method: string | undefined,
          path: string | undefined,
          options: CanOptions,
        ) => (await import('../can/can.ts')).can(io, { agent, tool, method, path, ...options }),
      ),
    )
}

function collect(text: string, before: readonly string[]): readonly string[] {
  return [...before, text]
}
