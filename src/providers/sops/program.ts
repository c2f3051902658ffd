import { access, constants } from 'node:fs/promises'
import { BrokerError } from '../../core/errors.ts'
import { isJsonObject } from '../../core/json.ts'
import { Secret } from '../../core/secret.ts'
import { type ProgramEnd, runProgram } from '../local/run-program.ts'
import { type FetchContext, type FetchedSecret, VALUE_FIELD } from '../provider.ts'
import { formatOf, pathOf, type SopsReference } from './reference.ts'

/** Where systems and their package managers put it. PATH is not asked: it belongs to whoever starts keyhand. */
const USUAL_PLACES = ['/usr/local/bin/sops', '/usr/bin/sops', '/opt/homebrew/bin/sops']

/** Lets `sops` itself open the file, with whatever key it has: KMS, PGP, Vault, age. It checks the MAC. */
export async function openByProgram(
  reference: SopsReference,
  context: FetchContext,
  env: Readonly<Record<string, string | undefined>>,
): Promise<FetchedSecret | null> {
  const { file } = reference
  const ended = await runProgram({
    program: reference.program ?? (await usualProgram(file)),
    args: ['decrypt', '--input-type', formatOf(reference), '--output-type', 'json', file],
    env: environmentOf(reference, env),
    signal: context.signal,
    timeoutMs: 30_000,
  })
  if (ended.code !== 0) throw programFailure(ended, file)
  const all = parseJson(ended.stdout, file)
  let found: unknown = all
  for (const step of pathOf(reference)) {
    const inner: object | null = typeof found === 'object' ? found : null
    const has = inner !== null && Object.hasOwn(inner, String(step))
    found = has ? (Reflect.get(inner, String(step)) as unknown) : undefined
  }
  if (found === undefined) return null
  return {
    fields: fieldsOf(found, file, context.name),
    version: null,
    createdAt: null,
    lease: null,
  }
}

function environmentOf(
  { identity_file, from_environment = [] }: SopsReference,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const passed = from_environment.flatMap((name): [string, string][] => {
    const value = env[name]
    return value === undefined ? [] : [[name, value]]
  })
  const identity = identity_file === undefined ? {} : { SOPS_AGE_KEY_FILE: identity_file }
  return { ...Object.fromEntries(passed), ...identity }
}

function fieldsOf(found: unknown, file: string, name: string): ReadonlyMap<string, Secret> {
  const single = textOf(found)
  if (single !== null) return new Map([[VALUE_FIELD, new Secret(name, single)]])
  const fields = Object.entries(isJsonObject(found) ? found : {}).flatMap(
    ([field, value]): [string, Secret][] => {
      const text = textOf(value)
      return text === null
        ? []
        : [[field, new Secret(name, text, field === VALUE_FIELD ? null : field)]]
    },
  )
  if (fields.length > 0) return new Map(fields)
  throw new BrokerError('secret_invalid', `\`${file}\` has no value at that key`, {
    fix: 'Name the value: `key: db.password`.',
  })
}

function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value === '' ? null : value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null
}

function parseJson(stdout: Buffer, file: string): unknown {
  try {
    // A number that a double cannot hold stays as it was written.
    return JSON.parse(
      stdout.toString('utf8'),
      (_key, value: unknown, context?: { readonly source?: string }) =>
        typeof value === 'number' && context?.source !== undefined ? context.source : value,
    )
  } catch {
    throw new BrokerError('secret_invalid', `what \`sops\` gave for \`${file}\` is no JSON`, {
      fix: 'Check that `program` in keyhand.yaml is sops 3.9 or newer.',
    })
  }
}

/** Its exit codes say what was wrong (codes.go); its texts may quote the file. */
function programFailure({ code, stderr }: ProgramEnd, file: string): BrokerError {
  switch (code) {
    case 24:
    case 25:
    case 51:
    case 52:
      return new BrokerError(
        'secret_invalid',
        `\`${file}\` was changed after it was encrypted (its MAC is wrong), so nothing of it is used`,
        {
          fix: 'Bring back the last good version of the file, and change it with `sops edit` only.',
        },
      )
    case 128: {
      const login = /expired|credential|login|no identity|not logged|unauthori[sz]ed/i.test(stderr)
      return new BrokerError(
        login ? 'secret_not_logged_in' : 'secret_denied',
        `\`sops\` has no key that opens \`${file}\``,
        {
          fix: `Run \`sops decrypt ${file}\` in a terminal to see why: a login that has expired, or a key that this user may not use. Variables it needs go into \`from_environment\`.`,
        },
      )
    }
    default:
      return new BrokerError('secret_invalid', `\`sops\` cannot open \`${file}\` (exit ${code})`, {
        fix: `Run \`sops decrypt ${file}\` in a terminal to see why.`,
      })
  }
}

async function usualProgram(file: string): Promise<string> {
  for (const path of USUAL_PLACES) {
    try {
      await access(path, constants.X_OK)
      return path
    } catch {
      // Not there.
    }
  }
  throw new BrokerError('secret_locked', `there is nothing to open \`${file}\` with`, {
    fix: 'Name an age `identity` or `identity_file`, or the `sops` program as `program: /path/to/sops`.',
  })
}
