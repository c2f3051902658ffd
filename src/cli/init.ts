import { mkdir, open, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { composeFamilies } from '../compose.ts'
import { createConfigSource } from '../config/config-source.ts'
import { AGENTS_FOLDER, CATALOG_FILE, scopeFile } from '../config/home-layout.ts'
import { problemText } from '../config/problem.ts'
import { AGENT_NAME } from '../core/agent.ts'
import { BrokerError } from '../core/errors.ts'
import type { ConfigProblem } from '../core/snapshot.ts'
import {
  ensureSecretsFile,
  type IdentityKind,
  identitySentence,
  makeSecretsFile,
} from './encrypted-file.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { fileProblem } from './file-problem.ts'
import { EXAMPLE_SECRET, EXAMPLE_TOOL, firstCatalog, firstScope } from './first-files.ts'
import type { Io } from './io.ts'
import { keychainProblem } from './keychain.ts'
import { takePassphrase } from './secret/value.ts'

export interface InitOptions {
  readonly agent: string
  readonly file?: boolean
  readonly passphrase?: boolean
}

/** Where the first catalog keeps its value. */
interface Place {
  readonly provider: 'keychain' | 'file'
  /** What opens the encrypted file. */
  readonly identity?: IdentityKind
  readonly sentences: readonly string[]
}

/** `keyhand init`: a home with a first catalog and scope file. Nothing that is there is overwritten. */
export async function init(io: Io, options: InitOptions): Promise<ExitCode> {
  const { agent } = options
  if (!AGENT_NAME.test(agent)) {
    throw new BrokerError('usage', 'that cannot be the name of an agent', {
      fix: 'Use a lower-case letter, then up to 39 of a-z, 0-9 and `-`.',
    })
  }
  const { home } = io.places
  const signal = new AbortController().signal
  await makeFolder(home)
  await makeFolder(join(home, AGENTS_FOLDER))

  const made: string[] = []
  const kept: string[] = []
  const place = await choosePlace(io, options, await isThere(join(home, CATALOG_FILE)), signal)
  const keep = async (file: string, text: string) =>
    ((await makeFile(join(home, file), text)) ? made : kept).push(file)
  if (place !== null) await keep(CATALOG_FILE, firstCatalog(place.provider))
  else kept.push(CATALOG_FILE)
  const tools = (await snapshotOf(io, agent)).tools
  await keep(scopeFile(agent), firstScope(agent, tools.has(EXAMPLE_TOOL)))

  const { problems, secrets } = await snapshotOf(io, agent)
  const errors = problems.filter(({ severity }) => severity === 'error')
  const next = nextSteps(agent, {
    locked: place?.identity === 'passphrase',
    example: made.includes(CATALOG_FILE) && secrets.has(EXAMPLE_SECRET),
    valid: errors.length === 0,
  })
  say(io, { made, kept, place, errors, next })
  io.data({
    home,
    agent,
    made,
    kept,
    provider: place?.provider ?? null,
    problems: errors.map(problemText),
    next,
  })
  return errors.length === 0 ? EXIT.ok : EXIT.config
}

async function choosePlace(
  io: Io,
  { file, passphrase }: InitOptions,
  catalogIsThere: boolean,
  signal: AbortSignal,
): Promise<Place | null> {
  if (passphrase === true) {
    const first = await takePassphrase(io, 'New passphrase (hidden):')
    if (io.terminal !== null) {
      const again = await takePassphrase(io, 'The same again:')
      if (!first.equals(again)) {
        throw new BrokerError('usage', 'the two passphrases differ; nothing was encrypted')
      }
    }
    await makeSecretsFile(io, 'passphrase', signal, first)
    return inFile('passphrase', [])
  }
  if (file === true) return inFile((await ensureSecretsFile(io, signal)).identity, [])
  // What an existing catalog says stays: nothing is probed, nothing is made.
  if (catalogIsThere) return null
  const problem = await keychainProblem(io)
  if (problem === null) {
    return { provider: 'keychain', sentences: ['Values go to the OS keychain.'] }
  }
  const why = `The OS keychain cannot be used here: ${problem.message}.`
  return inFile((await ensureSecretsFile(io, signal)).identity, [why])
}

function inFile(identity: IdentityKind, why: readonly string[]): Place {
  const file = 'secrets.age, an encrypted file, takes the values (`provider: file`).'
  return { provider: 'file', identity, sentences: [...why, file, identitySentence(identity)] }
}

function nextSteps(
  agent: string,
  is: { readonly locked: boolean; readonly example: boolean; readonly valid: boolean },
): readonly string[] {
  const client =
    agent === 'claude-code' ? '--client claude-code' : `--client CLIENT --agent ${agent}`
  return [
    ...(is.locked ? ['keyhand unlock'] : []),
    ...(is.example ? [`keyhand secret set ${EXAMPLE_SECRET}`] : []),
    'keyhand scope check',
    ...(is.valid ? [`keyhand install ${client}`] : []),
  ]
}

function say(
  io: Io,
  result: {
    readonly made: readonly string[]
    readonly kept: readonly string[]
    readonly place: Place | null
    readonly errors: readonly ConfigProblem[]
    readonly next: readonly string[]
  },
): void {
  io.say(io.places.home)
  for (const file of result.made) io.say(`  made  ${file}`)
  for (const file of result.kept) io.say(`  kept  ${file} (it was there already)`)
  for (const sentence of result.place?.sentences ?? []) io.say(sentence)
  for (const problem of result.errors) io.warn(problemText(problem))
  io.say('\nNext:')
  for (const step of result.next) io.say(`  ${step}`)
}

async function snapshotOf(io: Io, agent: string) {
  const families = composeFamilies(io)
  return createConfigSource({ home: io.places.home, agent, families }).snapshot()
}

/** A folder that is new is this user's alone; one that was there keeps its mode. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
  } catch (thrown) {
    throw fileProblem(path, thrown)
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** False where something is there, which is left as it is. */
async function makeFile(path: string, text: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    return true
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST') return false
    throw fileProblem(dirname(path), thrown)
  }
}
