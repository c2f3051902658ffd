import type { ShowOptions } from '../audit/show.ts'
import type { TailOptions } from '../audit/tail.ts'
import type { AddCommand } from '../command.ts'

export const addAudit: AddCommand = (program, act) => {
  const audit = program
    .command('audit')
    .description('the trail: who did what, when, under which rule')

  audit
    .command('show')
    .description('what happened, newest last; with an id all records of that call')
    .argument('[id]', 'of a call; its beginning is enough, from 8 characters')
    .option('--agent <name>', 'only of this agent')
    .option('--tool <name>', 'only of this tool')
    .option('--since <when>', 'not before: 30m, 1h, 2d ago, or an RFC 3339 time')
    .option('--until <when>', 'before: the same')
    .option(
      '--denied',
      'only what was not allowed, each with the smallest rule that would allow it',
    )
    .option('--kind <kind>', 'only intent, outcome, refused, config, admin or open')
    .option('--limit <n>', 'the newest so many', '50')
    .action(
      act(async (io, id: string | undefined, options: ShowOptions) =>
        (await import('../audit/show.ts')).auditShow(io, id ?? null, options),
      ),
    )

  audit
    .command('tail')
    .description('the newest records, one a line; with -f those that are written from now on, too')
    .option('-f, --follow', 'go on until Ctrl-C')
    .option('--agent <name>', 'only of this agent')
    .option('--tool <name>', 'only of this tool')
    .option('--limit <n>', 'so many of those that are there', '10')
    .action(
      act(async (io, options: TailOptions) =>
        (await import('../audit/tail.ts')).auditTail(io, options),
      ),
    )

  audit
    .command('verify')
    .description('whether the trail is whole and unedited, and what this cannot find')
    .action(act(async (io) => (await import('../audit/verify.ts')).auditVerify(io)))
}
