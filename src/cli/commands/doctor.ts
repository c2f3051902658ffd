import type { AddCommand } from '../command.ts'

export const addDoctor: AddCommand = (program, act) => {
  program
    .command('doctor')
    .description('look for what does not work, or is weaker than it could be')
    .option(
      '--leak',
      'instead, plant a canary in a throw-away home and look whether any of it gets through',
    )
    .action(
      act(async (io, { leak = false }: { leak?: boolean }) =>
        leak
          ? (await import('../doctor/leak/leak-test.ts')).leakTest(io)
          : (await import('../doctor/doctor.ts')).doctor(io),
      ),
    )
}
