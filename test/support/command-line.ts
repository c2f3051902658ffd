import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { generateX25519Identity } from 'age-encryption'
import { expect, onTestFinished } from 'vitest'
import { createIo, type Io, type Terminal } from '../../src/cli/io.ts'
import { run } from '../../src/cli/program.ts'
import { composeFamilies } from '../../src/compose.ts'
import { ownerContext } from '../../src/compose-owner.ts'

/** What a command answered. */
export interface Answer {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** A throw-away home and state, and the command line in it. */
export interface Sandbox {
  readonly home: string
  readonly state: string
  /** Runs a command in this process, with a fake world around it. */
  run(argv: readonly string[], world?: SandboxWorld): Promise<Answer>
  /** As `run` with `--json`: the one value that it printed. */
  json(argv: readonly string[], world?: SandboxWorld): Promise<Answer & { readonly data: unknown }>
  /** All records of the trail, in the order in which they were written. */
  records(): readonly Readonly<Record<string, unknown>>[]
  /** The text of everything below home and state. */
  everything(): string
}

export interface SandboxWorld {
  /** What is piped in; nothing where it is left out. */
  readonly stdin?: string | Uint8Array
  /** What stdin, a terminal, would give and show, where stderr is none and so nobody can be asked. */
  readonly typedInTheOpen?: string
  readonly env?: Readonly<Record<string, string>>
  /** Ms since the epoch; that of the machine where it is left out. */
  readonly now?: number
  /** What a person at a terminal answers, in turn; null where nobody is there. */
  readonly answers?: readonly (string | boolean)[] | null
}

// No test in this process may reach the keychain of whoever runs it.
process.env['DBUS_SESSION_BUS_ADDRESS'] = 'unix:path=/nonexistent/keyhand-test'

/** Makes one, removed when the test is over. */
export function sandbox(): Sandbox {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'keyhand-cli-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const home = join(folder, 'home')
  const state = join(folder, 'state')

  async function runIn(argv: readonly string[], world: SandboxWorld = {}): Promise<Answer> {
    const answer = { code: -1, out: '', err: '' }
    const env = { KEYHAND_HOME: home, KEYHAND_STATE: state, ...world.env }
    const out = (text: string) => {
      answer.out += text
    }
    const err = (text: string) => {
      answer.err += text
    }
    const terminal = world.answers == null ? null : fakeTerminal(world.answers, err)
    await run(['node', 'keyhand', ...argv], {
      io: (json) =>
        createIo({
          stdin: stdinOf(world),
          terminal,
          env,
          json,
          now: () => world.now ?? Date.now(),
          out,
          err,
        }),
      out,
      err,
      exit(code) {
        answer.code = code
      },
      end: async () => {},
    })
    return answer
  }

  return {
    home,
    state,
    run: runIn,
    async json(argv, world) {
      const answer = await runIn([...argv, '--json'], world)
      return { ...answer, data: JSON.parse(answer.out) as unknown }
    },
    records() {
      const folder = join(state, 'audit')
      return filesBelow(folder)
        .sort()
        .flatMap((file) => readFileSync(file, 'utf8').trimEnd().split('\n'))
        .map((line) => JSON.parse(line) as Record<string, unknown>)
    },
    everything: () =>
      [...filesBelow(home), ...filesBelow(state)]
        .map((file) => `${file}\n${readFileSync(file, 'latin1')}`)
        .join('\n'),
  }
}

function stdinOf({ stdin, typedInTheOpen }: SandboxWorld): Io['stdin'] {
  const given = typedInTheOpen ?? stdin
  const stream = Readable.from(given === undefined ? [] : [Buffer.from(given)])
  return Object.assign(stream, { isTTY: typedInTheOpen !== undefined })
}

/** A fake of a person: answers in turn, and fails where nobody should have been asked. */
function fakeTerminal(
  answers: readonly (string | boolean)[],
  show: (text: string) => void,
): Terminal {
  const left = [...answers]
  const next = (question: string) => {
    show(`${question}\n`)
    const answer = left.shift()
    if (answer === undefined) throw new Error(`nobody expected the question: ${question}`)
    return answer
  }
  return {
    hidden: async (question) => String(next(question)),
    confirm: async (question) => next(question) === true,
  }
}

function filesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
  } catch {
    return []
  }
}

/** Writes a file of a home. */
export function write(box: Pick<Sandbox, 'home'>, file: string, text: string): void {
  const path = join(box.home, file)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(path, text, { mode: 0o600 })
}

/** Puts an identity into the home, so that its encrypted file is made without asking any keychain. */
export async function plainIdentity({ home }: Sandbox): Promise<void> {
  write({ home }, 'identity.txt', `${await generateX25519Identity()}\n`)
}

/** A catalog whose secrets are in the encrypted file, and a home that opens it. */
export async function fileHome(catalog: string = CATALOG): Promise<Sandbox> {
  const box = sandbox()
  await plainIdentity(box)
  write(box, 'keyhand.yaml', catalog)
  return box
}

export const CATALOG = `version: 1

secrets: # where values live
  api_key: { provider: file } # of the shop
  ci_token: { provider: env, variable: CI_TOKEN }

tools:
  shop:
    type: http
    base_url: https://shop.example
    auth: { type: bearer, token: api_key }
`

/** The value behind a catalog entry, as a call would get it. */
export async function storedValue(
  box: Sandbox,
  provider: string,
  name: string,
): Promise<string | null> {
  const places = { home: box.home, state: box.state }
  const found = composeFamilies({ places, env: {} }).providers.get(provider)
  const fetched = await found?.fetch({}, ownerContext(name, new AbortController().signal))
  return fetched?.fields.get('value')?.reveal() ?? null
}

/** Matches a text that holds this one. */
export function containing(text: string): unknown {
  return expect.stringContaining(text)
}

/** Matches a text of this form. */
export function matching(form: RegExp): unknown {
  return expect.stringMatching(form)
}
