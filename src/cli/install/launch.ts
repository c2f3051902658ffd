import { realpathSync } from 'node:fs'
import { basename } from 'node:path'
import { BrokerError } from '../../core/errors.ts'
import { type Places, placesOf } from '../../places.ts'
import { version } from '../version.ts'
import type { Launch, Machine } from './clients.ts'

/**
 * How a client starts this keyhand for an agent: by absolute paths, since a client that was started from a desktop has another
 * PATH; from npx's cache, which may be emptied, by `npx` and this version.
 *
 * @param script what this process runs.
 */
export function launchOf(
  agent: string,
  node: string,
  script: string | undefined,
  machine: Machine,
  places: Places,
): Launch {
  const serve = ['serve', '--agent', agent]
  const env = envOf(machine, places)
  if (script === undefined || basename(script) === '') {
    throw new BrokerError('internal', 'keyhand does not know how it was started')
  }
  if (isInNpxCache(script)) {
    const npx = ['npx', '-y', `keyhand@${version}`, ...serve]
    // Windows starts no .cmd file as a program.
    const [command = 'npx', ...args] = machine.platform === 'win32' ? ['cmd', '/c', ...npx] : npx
    return { command, args, env }
  }
  return { command: node, args: [realPath(script), ...serve], env }
}

/** npx installs into `_npx/HASH/node_modules` of npm's cache. */
export function isInNpxCache(script: string): boolean {
  return /[\\/]_npx[\\/][^\\/]+[\\/]node_modules[\\/]/.test(script)
}

/** The folders, where they are not those that a client without our variables would lead to. */
function envOf({ env, platform }: Machine, { home, state }: Places): Record<string, string> {
  const kept = ['HOME', 'APPDATA', 'LOCALAPPDATA'].flatMap((name) =>
    platform !== 'win32' || env[name] === undefined ? [] : [[name, env[name]] as const],
  )
  const usual = placesOf(Object.fromEntries(kept), platform)
  return {
    ...(isSet(env['KEYHAND_HOME']) || home !== usual.home ? { KEYHAND_HOME: home } : {}),
    ...(isSet(env['KEYHAND_STATE']) || state !== usual.state ? { KEYHAND_STATE: state } : {}),
  }
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== ''
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
