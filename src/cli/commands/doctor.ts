import { BrokerError } from '../../core/errors.ts'
import type { AddCommand } from '../command.ts'

export const addDoctor: AddCommand = (program, act) => {
  program
    .command('doctor')
    .description('look for what does not work, or is weaker than it could be')
    .option('--fix', 'end what dead processes were lent; nothing else is changed')
    .option(
      '--leak',
      'instead, plant a canary in a throw-away home and look whether any of it gets through',
    )
    .action(
      act(async (io, { leak = false, fix = false }: { leak?: boolean; fix?: boolean }) => {
        if (leak && fix) throw new BrokerError('usage', '`--leak` and `--fix` exclude each other')
        return leak
          ? (await import('../doctor/leak/leak-test.ts')).leakTest(io)
          : (await import('../doctor/doctor.ts')).doctor(io, { fix })
      }),
    )
}
