import type { AddCommand } from '../command.ts'

export const addDemo: AddCommand = (program, act) => {
  program
    .command('demo')
    .description('keyhand at work in 20 seconds, in a throw-away home')
    .action(act(async (io) => (await import('../demo/demo.ts')).demo(io)))
}
