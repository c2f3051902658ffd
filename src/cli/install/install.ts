import { stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { scopeFile } from '../../config/home-layout.ts'
import { AGENT_NAME } from '../../core/agent.ts'
import { BrokerError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import type { ClientName } from './client-names.ts'
import { CLIENTS, type Machine } from './clients.ts'
import { readConfigFile, writeConfigFile } from './config-file.ts'
import { sayDifference } from './difference.ts'
import type { Wanted } from './edited.ts'
import { launchOf } from './launch.ts'

export interface InstallOptions {
  readonly client: ClientName
  readonly agent?: string
  readonly server: string
  readonly project?: boolean
  readonly print?: boolean
  readonly force?: boolean
}

/** `keyhand install --client NAME`: one entry in the client's own file; everything else in it stays, byte for byte. */
export async function install(
  io: Io,
  options: InstallOptions,
  machine: Machine = thisMachine(io),
  started: { readonly node: string; readonly script: string | undefined } = {
    node: process.execPath,
    script: process.argv[1],
  },
): Promise<ExitCode> {
  const client = CLIENTS[options.client]
  const agent = options.agent ?? client.agent
  const name = options.server
  checkNames(agent, name)
  const path =
    options.project === true ? projectFile(options.client, machine) : client.user(machine)
  const launch = launchOf(agent, started.node, started.script, machine, io.places)
  const wanted: Wanted = {
    servers: client.servers,
    name,
    entry: client.entry(launch, machine),
    force: options.force === true,
  }
  const about = { client: options.client, agent, server: name, file: path, entry: wanted.entry }
  const { editor, snippet } = await loadEditor(client.format)

  if (options.print === true) {
    io.say(`In ${path}:\n`)
    io.say(snippet(wanted).trimEnd())
    io.data({ ...about, snippet: snippet(wanted), result: 'printed' })
    return EXIT.ok
  }

  const file = await readConfigFile(path)
  const edited = editor(file.text ?? '', wanted)
  switch (edited.kind) {
    case 'impossible':
      throw new BrokerError('config_invalid', `\`${path}\` is left as it is: ${edited.why}`, {
        fix: edited.fix,
      })
    case 'same':
      io.say(`Nothing to do: ${client.title} has keyhand for the agent ${agent} in ${path}.`)
      io.data({ ...about, result: 'unchanged' })
      return EXIT.ok
    case 'different':
      io.say(`${path} has another \`${name}\`; --force replaces it:`)
      sayDifference(io, edited.current, wanted.entry)
      io.data({ ...about, result: 'different' })
      return EXIT.no
    case 'text': {
      await writeConfigFile(file, edited.text)
      const did = edited.replaced ? 'replaced' : 'added'
      io.say(
        `${client.title} ${edited.replaced ? 'now starts' : 'starts'} keyhand for the agent ${agent}: ${did} in ${path}`,
      )
      io.say(client.after)
      const next = await nextStep(io, agent)
      if (next !== null) io.say(`\nNext:\n  ${next}`)
      io.data({ ...about, result: did })
      return EXIT.ok
    }
  }
}

/** Loads what parses the client's format. */
async function loadEditor(format: 'json' | 'toml') {
  if (format === 'toml') {
    const { editToml, tomlTable } = await import('./toml-entry.ts')
    return { editor: editToml, snippet: tomlTable }
  }
  const { editJson } = await import('./json-entry.ts')
  return { editor: editJson, snippet: jsonSnippet }
}

function jsonSnippet({ servers, name, entry }: Wanted): string {
  return JSON.stringify({ [servers]: { [name]: entry } } satisfies JsonObject, null, 2)
}

function checkNames(agent: string, server: string): void {
  if (!AGENT_NAME.test(agent)) {
    throw new BrokerError('usage', 'that cannot be the name of an agent', {
      fix: 'Use a lower-case letter, then up to 39 of a-z, 0-9 and `-`.',
    })
  }
  // Clients make names of tools of it; a dot would be another table in TOML.
  if (!/^[A-Za-z][\w-]{0,39}$/.test(server)) {
    throw new BrokerError('usage', 'that cannot be the name of a server', {
      fix: 'Use a letter, then up to 39 letters, digits, `-` and `_`.',
    })
  }
}

function projectFile(client: ClientName, machine: Machine): string {
  const { project, title } = CLIENTS[client]
  if (project !== null) return join(machine.project, project)
  throw new BrokerError('usage', `${title} has no configuration for a project`, {
    fix: 'Leave `--project` out.',
  })
}

/** An agent without a scope file may do nothing. */
async function nextStep(io: Io, agent: string): Promise<string | null> {
  const file = join(io.places.home, scopeFile(agent))
  const isThere = await stat(file).then(
    () => true,
    () => false,
  )
  return isThere
    ? null
    : `keyhand init --agent ${agent}   (it has no scope file yet, so nothing is allowed)`
}

function thisMachine({ env }: Io): Machine {
  const said = process.platform === 'win32' ? env['USERPROFILE'] : env['HOME']
  const userHome = said === undefined || said === '' ? homedir() : resolve(said)
  return { platform: process.platform, userHome, project: process.cwd(), env }
}
