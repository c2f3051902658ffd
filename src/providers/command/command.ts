import { BrokerError, type ErrorCode } from '../../core/errors.ts'
import type { FetchContext, PlacedProvider } from '../provider.ts'
import { fieldsOf } from './output.ts'
import { type CommandReference, commandReference, secretsOfCommand } from './reference.ts'

const FIVE_MINUTES = 300_000

/** The end of its time is the catalog's `timeout`; this is more than that may be. */
const LONGEST_MS = 150_000

/** A program that prints a value: `pass`, `bw`, `gopass` and every other store with a command of its own. */
export function createCommandProvider(): PlacedProvider<CommandReference> {
  return {
    type: 'command',
    description: 'a program that prints the value: pass, bw, gopass and others',
    reference: commandReference,
    defaults: { watch: 'used', cacheMs: FIVE_MINUTES },
    needs: secretsOfCommand,
    // Which of its arguments say where it asks is the program's own affair.
    place: ({ program, args }) => JSON.stringify([program, args]),
    async fetch(reference, context) {
      const { name, signal, version } = context
      if (signal.aborted) throw new BrokerError('cancelled', 'the fetch was cancelled')
      // What a program prints has no version.
      if (version === 'previous') return null
      const { program, args = [] } = reference
      const env = await environmentOf(reference, context)
      const { runProgram } = await import('../local/run-program.ts')
      const run = { program, args, env, signal, timeoutMs: LONGEST_MS }
      const { code, stdout } = await runProgram(run)
      if (code !== null && reference.not_found_exit?.includes(code) === true) return null
      if (code !== 0) throw exitFailure(code, reference)
      return {
        fields: fieldsOf(stdout, reference, name),
        version: null,
        createdAt: null,
        lease: null,
      }
    },
    store: null,
  }
}

async function environmentOf(
  { env = {} }: CommandReference,
  context: FetchContext,
): Promise<Record<string, string>> {
  const all = Object.entries(env).map(
    async ([name, value]): Promise<[string, string]> => [
      name,
      typeof value === 'string' ? value : (await context.secret(value.secret)).reveal(),
    ],
  )
  return Object.fromEntries(await Promise.all(all))
}

/** What a program says of its failure may hold a value: only its exit code is told. */
function exitFailure(code: number | null, reference: CommandReference): BrokerError {
  const { program } = reference
  if (code === null) {
    return new BrokerError('secret_unreachable', `\`${program}\` was ended by a signal`, {
      fix: 'Run it by hand to see why.',
    })
  }
  const known: readonly [readonly number[] | undefined, ErrorCode, string, string][] = [
    [reference.denied_exit, 'secret_denied', 'does not give the value', 'Allow it there.'],
    [reference.locked_exit, 'secret_locked', 'says that its store is locked', 'Unlock it.'],
    [
      reference.not_logged_in_exit,
      'secret_not_logged_in',
      'says that nobody is logged in',
      'Log in with it by hand.',
    ],
    [
      reference.unreachable_exit,
      'secret_unreachable',
      'cannot reach its store',
      'Check the network, and try again.',
    ],
  ]
  const found = known.find(([codes]) => codes?.includes(code) === true)
  if (found !== undefined) {
    const [, word, what, fix] = found
    return new BrokerError(word, `\`${program}\` ${what} (exit code ${code})`, { fix })
  }
  // Not an outage: it is not run again and again, since it may ask a human or count what fails.
  return new BrokerError('secret_denied', `\`${program}\` gave no value (exit code ${code})`, {
    fix: 'Run it by hand to see why; say in keyhand.yaml what its exit codes mean: `not_found_exit: [1]`.',
  })
}
