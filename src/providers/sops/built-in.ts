import { BrokerError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { readOwnFile } from '../local/own-file.ts'
import type { FetchContext, FetchedSecret } from '../provider.ts'
import { VALUE_FIELD } from '../provider.ts'
import { openSopsFile } from './open.ts'
import { parseSopsFile } from './parse.ts'
import { formatOf, pathOf, type SopsReference } from './reference.ts'
import { childOf, type Leaf, type Metadata, type Node } from './tree.ts'

/** Opens a file with an age identity, without any program. Null where the file or the key is not there. */
export async function openBuiltIn(
  bytes: Buffer,
  reference: SopsReference,
  context: FetchContext,
): Promise<FetchedSecret | null> {
  const { file: path } = reference
  const file = parseSopsFile(bytes.toString('utf8'), formatOf(reference), path)
  checkBuiltIn(file.metadata, path)
  const identity =
    reference.identity === undefined
      ? await identityFile(reference.identity_file ?? '')
      : (await context.secret(reference.identity)).reveal()
  const opened = await openSopsFile(file, identitiesIn(identity), path)
  let found: Node | null = file.tree
  for (const step of pathOf(reference)) found = found === null ? null : childOf(found, step)
  if (found === null) return null
  const fields = fieldsOf(found, opened, reference, context.name)
  const createdAt = Date.parse(file.metadata.lastModified)
  return {
    fields,
    version: file.metadata.lastModified,
    createdAt: Number.isNaN(createdAt) ? null : createdAt,
    lease: null,
  }
}

function fieldsOf(
  found: Node,
  opened: ReadonlyMap<Leaf, string>,
  { file, key }: SopsReference,
  name: string,
): ReadonlyMap<string, Secret> {
  if (found.kind === 'leaf') {
    const value = opened.get(found)
    if (value !== undefined && value !== '')
      return new Map([[VALUE_FIELD, new Secret(name, value)]])
    throw new BrokerError('secret_invalid', `what the key names in \`${file}\` is not encrypted`, {
      fix: 'Keep it where sops encrypts it: see `encrypted_regex` and the suffixes in `.sops.yaml`.',
    })
  }
  const items = found.kind === 'branch' ? found.items : []
  const fields = items.flatMap(([field, value]): [string, Secret][] => {
    const text = value.kind === 'leaf' ? opened.get(value) : undefined
    return text === undefined || text === ''
      ? []
      : [[field, new Secret(name, text, field === VALUE_FIELD ? null : field)]]
  })
  if (fields.length > 0) return new Map(fields)
  const what = key === undefined ? 'at its top' : 'directly below that key'
  throw new BrokerError('secret_invalid', `\`${file}\` has no encrypted value ${what}`, {
    fix: 'Name the value: `key: db.password`.',
  })
}

function checkBuiltIn({ age, split }: Metadata, path: string): void {
  if (age.length > 0 && !split) return
  const why = split ? 'its key is split among several groups' : 'it has no age recipient'
  throw new BrokerError('secret_locked', `\`${path}\` needs the \`sops\` program: ${why}`, {
    fix: 'Name it as `program: /path/to/sops` instead of an identity.',
  })
}

async function identityFile(path: string): Promise<string> {
  const bytes = await readOwnFile(path, { private: true })
  if (bytes !== null) return bytes.toString('utf8')
  throw new BrokerError('secret_not_logged_in', `there is no identity file \`${path}\``, {
    fix: 'Correct `identity_file` in keyhand.yaml, or make one: `age-keygen -o FILE`.',
  })
}

/** The lines of an identity file, as `age-keygen` writes it, or the identity alone. */
function identitiesIn(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
}
