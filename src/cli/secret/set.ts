import { composeFamilies } from '../../compose.ts'
import { ownerContext } from '../../compose-owner.ts'
import { addSecret } from '../../config/catalog-edit.ts'
import type { Families } from '../../config/families.ts'
import { CATALOG_NAME } from '../../core/agent.ts'
import { BrokerError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import type { SecretEntry } from '../../core/snapshot.ts'
import { withRecord } from '../admin-record.ts'
import { catalogUnder, editCatalog, entryOf, openCatalog } from '../catalog-file.ts'
import { ensureSecretsFile, identitySentence } from '../encrypted-file.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { keychainProblem } from '../keychain.ts'
import { newReference } from './new-reference.ts'
import { takeValue, type ValueOptions } from './value.ts'

export interface SetOptions extends ValueOptions {
  readonly provider?: string
  readonly ref?: readonly string[]
  /** A profile of the catalog that gives this secret. */
  readonly profile?: string
}

type Writable = Pick<SecretEntry, 'name' | 'provider' | 'reference'>

/** `keyhand secret set NAME`: stores a value, and adds its entry to a catalog that lacks it. */
export async function secretSet(
  io: Io,
  words: readonly string[],
  options: SetOptions,
): Promise<ExitCode> {
  const name = nameIn(words)
  const families = composeFamilies(io)
  const { home } = io.places
  const catalog = catalogUnder(await openCatalog(home, families), options.profile)
  const known = entryOf(catalog, name)
  if (known === null && options.profile !== undefined) {
    throw new BrokerError('usage', 'a profile cannot give a secret that the catalog lacks', {
      fix: `Add it first: keyhand secret set ${name}`,
    })
  }
  if (known !== null) refuseOther(known, options)
  const { entry, added } =
    known === null ? await newEntry(io, families, name, options) : { entry: known, added: null }
  const store = storeOf(families, entry)

  const { secret, characters, notes } = await takeValue(io, name, options)
  const signal = new AbortController().signal
  const about = { secret: name, provider: entry.provider, new_entry: added !== null }
  const { version, replaced } = await withRecord(
    io,
    { what: 'secret set', change: about },
    async () => {
      if (entry.provider === 'file') {
        const { made, identity } = await ensureSecretsFile(io, signal)
        if (made) notes.push(`made the encrypted file secrets.age. ${identitySentence(identity)}`)
      }
      const before = await isThere(families, entry, signal)
      const after = await store.put(entry.reference, secret, ownerContext(name, signal))
      if (added !== null) {
        await editCatalog(home, (text) => addSecret(text, name, entry.provider, added))
      }
      const result = { version: after, replaced: before }
      return { result, change: result }
    },
  )
  const and = added === null ? '' : ', and added it to keyhand.yaml'
  const verb = replaced === true ? 'Replaced' : 'Stored'
  io.say(`${verb} ${name} in the provider ${entry.provider} (${characters} characters)${and}.`)
  for (const note of notes) io.warn(`note: ${note}`)
  io.data({
    name,
    provider: entry.provider,
    version,
    replaced,
    added: added !== null,
    characters,
    notes,
  })
  return EXIT.ok
}

/** INVARIANT: a word that does not belong here may be the value: it is never said again. */
function nameIn(words: readonly string[]): string {
  const [name = '', ...rest] = words
  if (rest.length > 0) {
    const what = rest.some((word) => word.startsWith('-'))
      ? 'there is an option that `secret set` does not have, and a value is never taken from the command line'
      : 'a value is never taken from the command line'
    throw new BrokerError('usage', what, {
      fix:
        'If a value was there: it now stands in the history of your shell and was visible to other processes: rotate it where it came from, ' +
        'then run `keyhand secret set NAME` and type the new one when asked, or pipe it in.',
    })
  }
  if (!CATALOG_NAME.test(name)) {
    throw new BrokerError('usage', 'the word after `secret set` cannot be the name of a secret', {
      fix:
        'Use a-z, 0-9, `_` and `-`, at most 40, a letter first, without the prefix `keyhand_`. If it was the value: ' +
        'it now stands in the history of your shell, so rotate it.',
    })
  }
  return name
}

function refuseOther(known: SecretEntry, { provider, ref = [] }: SetOptions): void {
  if ((provider === undefined || provider === known.provider) && ref.length === 0) return
  throw new BrokerError(
    'usage',
    `the catalog says already where \`${known.name}\` lives: the provider \`${known.provider}\``,
    {
      fix: 'Leave `--provider` and `--ref` out, or change its entry in keyhand.yaml first.',
    },
  )
}

async function newEntry(
  io: Io,
  families: Families,
  name: string,
  options: SetOptions,
): Promise<{ readonly entry: Writable; readonly added: JsonObject }> {
  const type = options.provider ?? (await defaultProvider(io))
  const provider = families.providers.get(type)
  if (provider === undefined) {
    throw new BrokerError('usage', 'there is no provider of the name that `--provider` says', {
      fix: `Use one of: ${[...families.providers.keys()].join(', ')}.`,
    })
  }
  const reference = newReference(provider, options.ref ?? [])
  return { entry: { name, provider: type, reference: reference.parsed }, added: reference.text }
}

/** The keychain; where there is none the encrypted file, which is said. One that is locked is none to pass by. */
async function defaultProvider(io: Io): Promise<string> {
  const problem = await keychainProblem(io)
  if (problem === null) return 'keychain'
  if (problem.code !== 'secret_unreachable') throw problem
  io.warn(`note: ${problem.message}; the value goes to the encrypted file (\`provider: file\`)`)
  return 'file'
}

function storeOf(families: Families, { name, provider: type }: Writable) {
  const store = families.providers.get(type)?.store ?? null
  if (store !== null) return store
  throw new BrokerError('usage', `keyhand only reads from the provider \`${type}\``, {
    fix:
      `Store the value there with its own tools; the entry of \`${name}\` in keyhand.yaml says where ` +
      '(docs/catalog.md). `keyhand secret check` then says whether it resolves.',
  })
}

/** Whether a value is about to be replaced; null where that cannot be known before the write. */
async function isThere(
  families: Families,
  { name, provider, reference }: Writable,
  signal: AbortSignal,
): Promise<boolean | null> {
  try {
    const fetched = await families.providers
      .get(provider)
      ?.fetch(reference, ownerContext(name, signal))
    return fetched !== undefined && fetched !== null
  } catch {
    return null
  }
}
