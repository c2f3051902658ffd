import { createHash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'

/** Where keyhand's files are. */
export interface Places {
  /** Catalog, scope files, guardrails, encrypted file. */
  readonly home: string
  /** Audit trail, state.db, compile cache. */
  readonly state: string
}

/**
 * KEYHAND_HOME and KEYHAND_STATE, else the platform's folders (XDG Base Directory on Linux and macOS, AppData on Windows).
 * A relative XDG folder is ignored, as its specification says.
 */
export function placesOf(
  env: Readonly<Record<string, string | undefined>>,
  platform: string = process.platform,
): Places {
  const windows = platform === 'win32'
  const base = (xdg: string | undefined, ...fallback: string[]) =>
    xdg !== undefined && isAbsolute(xdg) ? xdg : join(homedir(), ...fallback)
  const home = windows
    ? base(env['APPDATA'], 'AppData', 'Roaming')
    : base(env['XDG_CONFIG_HOME'], '.config')
  const state = windows
    ? base(env['LOCALAPPDATA'], 'AppData', 'Local')
    : base(env['XDG_STATE_HOME'], '.local', 'state')
  return {
    home: resolve(notEmpty(env['KEYHAND_HOME']) ?? join(home, 'keyhand')),
    state: resolve(notEmpty(env['KEYHAND_STATE']) ?? join(state, 'keyhand')),
  }
}

/** Tells homes that share a state folder apart: 8 hex digits of the SHA-256 of the home's real path. */
export function homeId(home: string): string {
  return createHash('sha256').update(realPath(home)).digest('hex').slice(0, 8)
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return resolve(path)
  }
}

function notEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}
