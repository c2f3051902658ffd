import { composeFamilies } from '../../compose.ts'
import { ownerContext } from '../../compose-owner.ts'
import { removeSecret } from '../../config/catalog-edit.ts'
import { BrokerError } from '../../core/errors.ts'
import { withRecord } from '../admin-record.ts'
import { editCatalog, openCatalog } from '../catalog-file.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { requireEntry } from './entry.ts'
import { toolsUsing } from './list.ts'

export interface RemoveOptions {
  readonly keepEntry?: boolean
  readonly force?: boolean
  readonly yes?: boolean
}

/** `keyhand secret remove NAME`: removes the value where keyhand may write, and the entry. */
export async function secretRemove(
  io: Io,
  name: string,
  options: RemoveOptions,
): Promise<ExitCode> {
  const families = composeFamilies(io)
  const { home } = io.places
  const catalog = await openCatalog(home, families)
  const entry = requireEntry(catalog, name)
  const tools = toolsUsing(catalog, name)
  const store = families.providers.get(entry.provider)?.store ?? null
  const keepEntry = options.keepEntry === true
  if (tools.length > 0 && options.force !== true) {
    throw new BrokerError(
      'usage',
      `\`${name}\` is used by ${tools.map((tool) => `\`${tool}\``).join(', ')}`,
      {
        fix: 'Remove these tools from the catalog first, or say `--force`: their calls are then refused.',
      },
    )
  }
  if (store === null && keepEntry) {
    throw new BrokerError(
      'usage',
      `keyhand cannot remove from the provider \`${entry.provider}\``,
      {
        fix: 'Remove the value there with its own tools.',
      },
    )
  }
  const what = { value: store !== null, entry: !keepEntry }
  if (options.yes !== true && !(await confirmed(io, name, entry.provider, what))) {
    io.say('Nothing was removed.')
    io.data({ name, provider: entry.provider, value_removed: false, entry_removed: false })
    return EXIT.no
  }

  const signal = new AbortController().signal
  const change = { secret: name, provider: entry.provider, keep_entry: keepEntry }
  const removed = await withRecord(io, { what: 'secret remove', change }, async () => {
    const result = (await store?.remove(entry.reference, ownerContext(name, signal))) ?? null
    if (!keepEntry) await editCatalog(home, (text) => removeSecret(text, name))
    return { result, change: { value_removed: result } }
  })
  io.say(sentence(name, entry.provider, removed, keepEntry))
  io.data({ name, provider: entry.provider, value_removed: removed, entry_removed: !keepEntry })
  return EXIT.ok
}

async function confirmed(
  io: Io,
  name: string,
  provider: string,
  what: { readonly value: boolean; readonly entry: boolean },
): Promise<boolean> {
  if (io.terminal === null) {
    throw new BrokerError('usage', 'nobody is there to be asked', {
      fix: 'Say `--yes` to remove it without a question.',
    })
  }
  const parts = [
    ...(what.value ? [`its value in the provider ${provider}, for good`] : []),
    ...(what.entry ? ['its entry in keyhand.yaml'] : []),
  ]
  return io.terminal.confirm(`Remove ${name}: ${parts.join(', and ')}?`)
}

function sentence(name: string, provider: string, removed: boolean | null, keepEntry: boolean) {
  const value =
    removed === null
      ? `The value of ${name} stays in the provider ${provider}, where keyhand only reads`
      : removed
        ? `Removed the value of ${name} from the provider ${provider}`
        : `The provider ${provider} held no value of ${name}`
  return `${value}; its entry ${keepEntry ? 'stays in' : 'is gone from'} keyhand.yaml.`
}
