import { join } from 'node:path'
import type { JsonObject } from '../../core/json.ts'
import type { ClientName } from './client-names.ts'

/** The machine as far as clients' files depend on it. */
export interface Machine {
  readonly platform: NodeJS.Platform
  /** The user's home folder. */
  readonly userHome: string
  /** The folder of the project. */
  readonly project: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/** What is started, and with which variables. */
export interface Launch {
  readonly command: string
  readonly args: readonly string[]
  /** Only what a client might not hand on by itself. INVARIANT: names of folders, never a secret. */
  readonly env: Readonly<Record<string, string>>
}

/** How one client is configured. */
export interface Client {
  /** As people know it. */
  readonly title: string
  /** The agent that it is, where nobody says another. */
  readonly agent: string
  readonly format: 'json' | 'toml'
  /** The key that holds the servers. */
  readonly servers: string
  /** The file for all that the user does. */
  user(machine: Machine): string
  /** The file for one project, below its folder; null where the client has none. */
  readonly project: string | null
  entry(launch: Launch, machine: Machine): JsonObject
  /** What is to be known afterwards. */
  readonly after: string
}

/** What finds the keychain of a Linux desktop. */
const SESSION = ['DBUS_SESSION_BUS_ADDRESS', 'XDG_RUNTIME_DIR']

/** Each client's own shape and places; docs/clients.md says the same. */
export const CLIENTS: Readonly<Record<ClientName, Client>> = {
  'claude-code': {
    title: 'Claude Code',
    agent: 'claude-code',
    format: 'json',
    servers: 'mcpServers',
    user: ({ env, userHome }) => join(folderOf(env['CLAUDE_CONFIG_DIR'], userHome), '.claude.json'),
    project: '.mcp.json',
    entry: ({ command, args, env }) => ({ type: 'stdio', command, args, env }),
    after: '`claude mcp list` says whether it connects.',
  },
  'claude-desktop': {
    title: 'Claude Desktop',
    agent: 'claude-desktop',
    format: 'json',
    servers: 'mcpServers',
    user: (machine) => join(appData(machine), 'Claude', 'claude_desktop_config.json'),
    project: null,
    entry: plainEntry,
    after: 'Restart Claude Desktop.',
  },
  cursor: {
    title: 'Cursor',
    agent: 'cursor',
    format: 'json',
    servers: 'mcpServers',
    user: ({ userHome }) => join(userHome, '.cursor', 'mcp.json'),
    project: join('.cursor', 'mcp.json'),
    entry: plainEntry,
    after: 'Cursor shows it in its settings under MCP.',
  },
  vscode: {
    title: 'VS Code',
    agent: 'vscode',
    format: 'json',
    servers: 'servers',
    user: (machine) => join(appData(machine), 'Code', 'User', 'mcp.json'),
    project: join('.vscode', 'mcp.json'),
    entry: (launch) => ({ type: 'stdio', ...plainEntry(launch) }),
    after: 'The command `MCP: List Servers` shows it.',
  },
  codex: {
    title: 'Codex',
    agent: 'codex',
    format: 'toml',
    servers: 'mcp_servers',
    user: ({ env, userHome }) =>
      join(folderOf(env['CODEX_HOME'], join(userHome, '.codex')), 'config.toml'),
    project: join('.codex', 'config.toml'),
    entry: (launch, { platform }) => ({
      ...plainEntry(launch),
      // About a dozen variables reach a server of Codex; these are not among them.
      ...(platform === 'linux' ? { env_vars: SESSION } : {}),
    }),
    after: '`codex mcp list` shows it.',
  },
  gemini: {
    title: 'Gemini CLI',
    agent: 'gemini-cli',
    format: 'json',
    servers: 'mcpServers',
    user: ({ userHome }) => join(userHome, '.gemini', 'settings.json'),
    project: join('.gemini', 'settings.json'),
    entry: plainEntry,
    after:
      '`gemini mcp list` says whether it connects; a folder that is not trusted has no servers.',
  },
}

function plainEntry({ command, args, env }: Launch): JsonObject {
  return { command, args, ...(Object.keys(env).length === 0 ? {} : { env }) }
}

/** Where desktop programs keep their settings. */
function appData({ platform, userHome, env }: Machine): string {
  if (platform === 'win32') return folderOf(env['APPDATA'], join(userHome, 'AppData', 'Roaming'))
  if (platform === 'darwin') return join(userHome, 'Library', 'Application Support')
  return folderOf(env['XDG_CONFIG_HOME'], join(userHome, '.config'))
}

function folderOf(said: string | undefined, otherwise: string): string {
  return said === undefined || said === '' ? otherwise : said
}
