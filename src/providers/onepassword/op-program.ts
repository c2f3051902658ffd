import { BrokerError } from '../../core/errors.ts'
import { isJsonObject } from '../../core/json.ts'
import { type ProgramEnd, runProgram } from '../local/run-program.ts'
import type { FetchContext, FetchedSecret } from '../provider.ts'
import { fetchedOf, itemOf, noVault, several, shown } from './item.ts'
import { type ItemPath, itemPathOf } from './reference.ts'

/** Reads an item by the `op` program, as the user who is logged in to it; it may ask this user at the desktop. */
export async function readByProgram(
  { program, account }: { readonly program: string; readonly account?: string | undefined },
  reference: string,
  context: FetchContext,
): Promise<FetchedSecret | null> {
  const path = itemPathOf(reference)
  const ended = await runProgram({
    program,
    args: [
      ...['item', 'get', `--vault=${path.vault}`, '--format=json', '--no-color'],
      ...(account === undefined ? [] : [`--account=${account}`]),
      // What follows is no option, whatever it looks like.
      ...['--', path.item],
    ],
    signal: context.signal,
    timeoutMs: 60_000,
  })
  if (ended.code !== 0) {
    const failure = programFailure(ended, path)
    if (failure === null) return null
    throw failure
  }
  const item = parsed(ended.stdout)
  if (isJsonObject(item)) return fetchedOf(itemOf(item), path, context.name)
  throw new BrokerError('secret_invalid', `what \`op\` gave for ${shown(path)} is no item`, {
    fix: 'Check that `program` in keyhand.yaml is the 1Password CLI, version 2.',
  })
}

/** It has one exit code for everything, so its words are looked at; they are not passed on. Null: there is no such item. */
function programFailure({ code, stderr }: ProgramEnd, path: ItemPath): BrokerError | null {
  const says = (words: RegExp) => words.test(stderr)
  if (says(/isn't a vault|no vault (found|matche)|vault .*not found/i)) return noVault(path)
  if (says(/more than one (item|vault) match/i)) {
    return several(says(/more than one vault/i) ? 'vault' : 'item', path)
  }
  if (says(/isn't an item|no item (found|matche)|item .*not found/i)) return null
  if (says(/is locked|app is locked|unlock/i)) {
    return new BrokerError('secret_locked', '1Password is locked', {
      fix: 'Unlock the 1Password app.',
    })
  }
  if (
    says(/signed in|sign ?in|session expired|no accounts|authori[sz]ation|desktop app|dismissed/i)
  ) {
    return new BrokerError('secret_not_logged_in', 'nobody is logged in to the `op` program', {
      fix: 'Run `op signin`, or turn on “Integrate with 1Password CLI” in the app and confirm what it asks.',
    })
  }
  if (says(/\b403\b|forbidden|permission/i)) {
    return new BrokerError('secret_denied', `this user of 1Password may not read ${shown(path)}`, {
      fix: 'Ask whoever owns the vault for access.',
    })
  }
  if (says(/too many requests|rate.?limit|\b429\b/i)) {
    return new BrokerError('secret_throttled', '1Password is throttling', {
      fix: 'Wait a little, or give the secret a longer `cache:`.',
    })
  }
  return new BrokerError('secret_unreachable', `\`op\` could not read ${shown(path)} (${code})`, {
    fix: 'Run `op item get` for it in a terminal to see why.',
  })
}

function parsed(stdout: Buffer): unknown {
  try {
    return JSON.parse(stdout.toString('utf8'))
  } catch {
    return null
  }
}
