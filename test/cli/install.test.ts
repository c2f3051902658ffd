import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parse as parseJsonc } from 'jsonc-parser'
import { parse as parseToml } from 'smol-toml'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CLIENT_NAMES, type ClientName } from '../../src/cli/install/client-names.ts'
import { CLIENTS, type Machine } from '../../src/cli/install/clients.ts'
import { type InstallOptions, install } from '../../src/cli/install/install.ts'
import { isInNpxCache, launchOf } from '../../src/cli/install/launch.ts'
import { createIo } from '../../src/cli/io.ts'
import { version } from '../../src/cli/version.ts'
import { placesOf } from '../../src/places.ts'

const NODE = '/opt/node/bin/node'
const SCRIPT = '/opt/keyhand/bin/keyhand.js'

interface Desk {
  readonly home: string
  readonly project: string
  put(file: string, text: string, mode?: number): string
  run(options: Partial<InstallOptions> & { client: ClientName }, world?: World): Promise<Ran>
}

interface World {
  readonly env?: Readonly<Record<string, string>>
  readonly platform?: NodeJS.Platform
  readonly script?: string
  readonly json?: boolean
}

interface Ran {
  readonly code: number
  readonly out: string
  readonly error: unknown
}

/** A temporary HOME and project; the launch is of a keyhand that is installed elsewhere. */
function desk(): Desk {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'keyhand-install-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const home = join(folder, 'home')
  const project = join(folder, 'project')
  return {
    home,
    project,
    put(file, text, mode = 0o644) {
      const path = join(home, file)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text, { mode })
      return path
    },
    async run({ server = 'keyhand', ...options }, world = {}) {
      const { env = {}, platform = 'linux', script = SCRIPT, json = false } = world
      let out = ''
      const say = (text: string) => {
        out += text
      }
      const io = createIo({
        stdin: process.stdin,
        terminal: null,
        env,
        json,
        now: () => 0,
        out: say,
        err: say,
      })
      const machine: Machine = { platform, userHome: home, project, env }
      const started = { node: NODE, script }
      try {
        const code = await install(io, { server, ...options }, machine, started)
        return { code, out: out.replaceAll(home, '~').replaceAll(project, 'PROJECT'), error: null }
      } catch (error) {
        return { code: -1, out, error }
      }
    },
  }
}

const FILES: Readonly<Record<ClientName, string>> = {
  'claude-code': '.claude.json',
  'claude-desktop': '.config/Claude/claude_desktop_config.json',
  cursor: '.cursor/mcp.json',
  vscode: '.config/Code/User/mcp.json',
  codex: '.codex/config.toml',
  gemini: '.gemini/settings.json',
}

function dataOf(client: ClientName, text: string): Record<string, unknown> {
  return (
    CLIENTS[client].format === 'toml'
      ? parseToml(text, { integersAsBigInt: true })
      : parseJsonc(text)
  ) as Record<string, unknown>
}

function entryOf(client: ClientName, text: string): Record<string, unknown> {
  const servers = dataOf(client, text)[CLIENTS[client].servers] as Record<
    string,
    Record<string, unknown>
  >
  return servers['keyhand'] ?? {}
}

describe.each(CLIENT_NAMES)('keyhand install --client %s', (client) => {
  it('makes the file that is not there, for its user only, and then has nothing to do', async () => {
    const { home, run } = desk()
    const first = await run({ client })
    expect(first).toMatchObject({ code: 0, error: null })
    const path = join(home, FILES[client])
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const text = readFileSync(path, 'utf8')
    expect(entryOf(client, text)).toMatchObject({
      command: NODE,
      args: [SCRIPT, 'serve', '--agent', CLIENTS[client].agent],
    })
    const again = await run({ client })
    expect(again).toMatchObject({ code: 0, error: null })
    expect(again.out).toContain('Nothing to do')
    expect(readFileSync(path, 'utf8')).toBe(text)
    expect(readdirSync(dirname(path)).filter((name) => name.includes('tmp'))).toEqual([])
  })

  it('shows with --print where what belongs, and writes nothing', async () => {
    const { home, run } = desk()
    const { code, out } = await run({ client, print: true })
    expect(code).toBe(0)
    await expect(out).toMatchFileSnapshot(`../golden/cli/install-print-${client}.txt`)
    expect(existsSync(home)).toBe(false)
  })

  it('leaves a file alone that does not parse, and says where', async () => {
    const { put, run } = desk()
    for (const broken of ['{"a": 1,, }', '{"a": ', '[x\n', 'x = = 1']) {
      const path = put(FILES[client], broken)
      const { error } = await run({ client })
      expect(error).toMatchObject({
        code: 'config_invalid',
        message: expect.stringMatching(/is left as it is: it is not (JSON|TOML)/) as unknown,
      })
      expect(readFileSync(path, 'utf8')).toBe(broken)
    }
  })

  it('puts folders that are not the usual ones into its environment', async () => {
    const { home, run } = desk()
    const env = { KEYHAND_HOME: '/srv/kh', XDG_STATE_HOME: '/srv/state' }
    await run({ client }, { env })
    const text = readFileSync(join(home, FILES[client]), 'utf8')
    expect(entryOf(client, text)['env']).toEqual({
      KEYHAND_HOME: '/srv/kh',
      KEYHAND_STATE: '/srv/state/keyhand',
    })
  })

  it('replaces another entry of that name with --force only', async () => {
    const { home, run } = desk()
    await run({ client })
    const path = join(home, FILES[client])
    const before = readFileSync(path, 'utf8')
    const refused = await run({ client, agent: 'other' })
    expect(refused.code).toBe(1)
    expect(refused.out).toContain('--force replaces it')
    expect(refused.out).toContain('+ args: ')
    expect(readFileSync(path, 'utf8')).toBe(before)
    expect(await run({ client, agent: 'other', force: true })).toMatchObject({ code: 0 })
    expect(readFileSync(path, 'utf8')).toBe(before.replace(`${CLIENTS[client].agent}"`, 'other"'))
  })
})

describe('a JSON file', () => {
  // What is there before, where the entry `@` goes, and how it is separated from what stands there.
  const wheres: [what: string, text: string][] = [
    [
      'comments, tabs, a comma at the end and a byte order mark',
      '\uFEFF// mine\n{\n\t"theme": "dark",   // keep\n\t"mcpServers": {\n\t\t/* another */\n\t\t"files": { "command": "npx", "env": {"API_KEY": "in-the-clear"} },@\n\t},\n\t"big": 12345678901234567890, "empty": {}\n}\n',
    ],
    [
      'a comment beside the last',
      '{\n  "mcpServers": {\n    "a": {}§ // of a@\n    // below\n  }\n}',
    ],
    ['a comma on its own line', '{\n  "mcpServers": {\n    "a": {}\n    ,@\n  }\n}'],
    ['one line', '{"mcpServers": {"a": {}§@}, "x": 1}'],
    ['an empty map', '{\n "x": [1,2],\n "mcpServers": {@}\n}\n'],
    ['an empty map with a comment', '{\n  "mcpServers": {\n    // none yet@\n  }\n}\n'],
  ]
  it.each(wheres)('keeps every byte around the entry: %s', async (_, where) => {
    const { put, run } = desk()
    const path = put('.gemini/settings.json', where.replaceAll(/[@§]/g, ''), 0o640)
    const { code, out, error } = await run({ client: 'gemini' })
    expect({ code, error }).toEqual({ code: 0, error: null })
    expect(out).not.toContain('in-the-clear')
    const text = readFileSync(path, 'utf8')
    const [before = '', after = ''] = where.replace('§', ',').split('@')
    expect(text.startsWith(before)).toBe(true)
    expect(text.endsWith(after)).toBe(true)
    const put_in = text.slice(before.length, text.length - after.length)
    expect(put_in.trim()).toMatch(/^"keyhand": \{[^{}]*\}$/)
    expect(entryOf('gemini', text)['command']).toBe(NODE)
    expect(statSync(path).mode & 0o777).toBe(0o640)
  })

  it('gets its servers at the end, indented as it is', async () => {
    const { put, run } = desk()
    const path = put('.cursor/mcp.json', '{\n    "x": {"y": 1}\n}\n')
    await run({ client: 'cursor' })
    const text = readFileSync(path, 'utf8')
    expect(
      text.startsWith('{\n    "x": {"y": 1},\n    "mcpServers": {\n        "keyhand": {\n'),
    ).toBe(true)
    expect(text.endsWith('        }\n    }\n}\n')).toBe(true)
  })

  it('keeps line ends of Windows', async () => {
    const { put, run } = desk()
    const path = put('.cursor/mcp.json', '{\r\n  "mcpServers": {}\r\n}\r\n')
    await run({ client: 'cursor' })
    expect(readFileSync(path, 'utf8')).not.toMatch(/[^\r]\n/)
  })

  it.each([
    ['a list', '[]', 'holds no JSON object'],
    ['servers that are no object', '{"mcpServers": []}', '`mcpServers` in it is no object'],
    ['servers twice', '{"mcpServers": {}, "mcpServers": {}}', 'the same key twice'],
    ['an entry twice', '{"mcpServers": {"keyhand": 1, "keyhand": 2}}', 'the same key twice'],
  ])('is left alone with %s', async (_, text, why) => {
    const { put, run } = desk()
    const path = put('.cursor/mcp.json', text)
    const { error } = await run({ client: 'cursor', force: true })
    expect(error).toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining(why) as unknown,
    })
    expect(readFileSync(path, 'utf8')).toBe(text)
  })

  it('is written through a link, which stays', async () => {
    const { home, put, run } = desk()
    const target = put('dotfiles/mcp.json', '{}')
    mkdirSync(join(home, '.cursor'))
    symlinkSync(target, join(home, '.cursor/mcp.json'))
    expect(await run({ client: 'cursor' })).toMatchObject({ code: 0 })
    expect(lstatSync(join(home, '.cursor/mcp.json')).isSymbolicLink()).toBe(true)
    expect(entryOf('cursor', readFileSync(target, 'utf8'))['command']).toBe(NODE)
  })

  it('shows of another entry no value of a variable, and no argument that looks like a key', async () => {
    const { put, run } = desk()
    const key = 'ghp_7Hq2Vx9LmR4tYw8ZbN3kCfJd6PsGuE1aXo5B'
    const entry = {
      command: 'x',
      args: ['--token', key, `--key=${key}`],
      env: { TOKEN: key },
      headers: { a: key },
      note: key,
    }
    put('.cursor/mcp.json', JSON.stringify({ mcpServers: { keyhand: entry } }))
    for (const json of [false, true]) {
      const { code, out } = await run({ client: 'cursor' }, { json })
      expect(code).toBe(1)
      expect(out).not.toContain(key)
    }
  })
})

describe('a TOML file', () => {
  const CONFIG = `# mine
model = "o9" # keep
when = 2026-11-23T10:00:00Z
big = 9007199254740993

[mcp_servers.files]
command = "npx"
text = """
[mcp_servers.keyhand]
"""

[profiles.a]
x = 1`

  it('gets a table of its own at the end; every byte before it stays', async () => {
    const { put, run } = desk()
    const path = put('.codex/config.toml', CONFIG, 0o600)
    expect(await run({ client: 'codex' })).toMatchObject({ code: 0, error: null })
    const text = readFileSync(path, 'utf8')
    expect(text.startsWith(`${CONFIG}\n\n[mcp_servers.keyhand]\n`)).toBe(true)
    expect(entryOf('codex', text)).toEqual({
      command: NODE,
      args: [SCRIPT, 'serve', '--agent', 'codex'],
      env_vars: ['DBUS_SESSION_BUS_ADDRESS', 'XDG_RUNTIME_DIR'],
    })
  })

  it('has only that table replaced, with those below it', async () => {
    const { put, run } = desk()
    const head = '# mine\n[a]\nx = 1\n\n'
    const tail = '# of b\n[b]\ny = 2 # keep\n'
    const old =
      '[mcp_servers."keyhand"] # ours\ncommand = "old"\n\n[mcp_servers.keyhand.env]\nK = "v"\n\n'
    const path = put('.codex/config.toml', head + old + tail)
    expect((await run({ client: 'codex' })).code).toBe(1)
    expect(await run({ client: 'codex', force: true })).toMatchObject({ code: 0, error: null })
    const text = readFileSync(path, 'utf8')
    expect(text.startsWith(`${head}[mcp_servers.keyhand]\n`)).toBe(true)
    expect(text.endsWith(`\n\n${tail}`)).toBe(true)
    expect(text).not.toContain('old')
  })

  it.each([
    ['servers in one line', 'mcp_servers = { files = { command = "x" } }\n'],
    ['the entry as a dotted key', '[mcp_servers]\nkeyhand.command = "x"\n'],
    [
      'a head that only a string has',
      `text = """\n[mcp_servers.keyhand]\n"""\nmcp_servers.keyhand.command = "x"\n`,
    ],
  ])('is left alone with %s', async (_, text) => {
    const { put, run } = desk()
    const path = put('.codex/config.toml', text)
    const { error } = await run({ client: 'codex', force: true })
    expect(error).toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining(
        'cannot be put into it without changing something else',
      ) as unknown,
    })
    expect(readFileSync(path, 'utf8')).toBe(text)
  })
})

describe('where and how', () => {
  it.each<[ClientName, NodeJS.Platform, string]>([
    ['claude-desktop', 'darwin', 'Library/Application Support/Claude/claude_desktop_config.json'],
    ['claude-desktop', 'win32', 'AppData/Roaming/Claude/claude_desktop_config.json'],
    ['vscode', 'darwin', 'Library/Application Support/Code/User/mcp.json'],
    ['vscode', 'win32', 'AppData/Roaming/Code/User/mcp.json'],
  ])('finds the file of %s on %s', (client, platform, file) => {
    const machine = { platform, userHome: '/home/ada', project: '/', env: {} }
    expect(CLIENTS[client].user(machine)).toBe(`/home/ada/${file}`)
  })

  it('follows what a client says of its own folder', () => {
    const env = { CLAUDE_CONFIG_DIR: '/c', CODEX_HOME: '/x' }
    const machine: Machine = { platform: 'linux', userHome: '/home/ada', project: '/', env }
    expect(CLIENTS['claude-code'].user(machine)).toBe('/c/.claude.json')
    expect(CLIENTS.codex.user(machine)).toBe('/x/config.toml')
  })

  it('writes the file of the project with --project, where the client has one', async () => {
    const { project, run } = desk()
    expect(await run({ client: 'claude-code', project: true })).toMatchObject({ code: 0 })
    expect(existsSync(join(project, '.mcp.json'))).toBe(true)
    expect((await run({ client: 'claude-desktop', project: true })).error).toMatchObject({
      code: 'usage',
      message: 'Claude Desktop has no configuration for a project',
    })
  })

  it('hands the session on to Codex on Linux only', () => {
    const launch = { command: 'c', args: [], env: {} }
    const machine: Machine = { platform: 'darwin', userHome: '/', project: '/', env: {} }
    expect(CLIENTS.codex.entry(launch, machine)).toEqual({ command: 'c', args: [] })
  })

  it('starts what is in the cache of npx by npx, with this version', () => {
    const script = '/home/ada/.npm/_npx/0a1b2c/node_modules/.bin/keyhand'
    expect(isInNpxCache(script)).toBe(true)
    expect(isInNpxCache('/home/ada/_npx/keyhand.js')).toBe(false)
    const on = (platform: NodeJS.Platform) => {
      const machine = { platform, userHome: '/', project: '/', env: {} }
      return launchOf('cursor', NODE, script, machine, placesOf({}, platform))
    }
    const args = ['-y', `keyhand@${version}`, 'serve', '--agent', 'cursor']
    expect(on('linux')).toEqual({ command: 'npx', args, env: {} })
    expect(on('win32')).toMatchObject({ command: 'cmd', args: ['/c', 'npx', ...args] })
  })

  it.each([
    ['agent', { agent: '../x' }, 'that cannot be the name of an agent'],
    ['server', { server: 'a.b' }, 'that cannot be the name of a server'],
  ])('takes no %s that is no name', async (_, options, message) => {
    expect((await desk().run({ client: 'codex', ...options })).error).toMatchObject({
      code: 'usage',
      message,
    })
  })

  it('says the next step where the agent has no scope file', async () => {
    const { run } = desk()
    const { out } = await run({ client: 'cursor' }, { env: { KEYHAND_HOME: '/nonexistent/kh' } })
    expect(out).toContain('keyhand init --agent cursor')
  })
})
