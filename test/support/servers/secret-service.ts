import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/**
 * What the desktop would have: `unlocked`, the login keyring open; `locked`, its file there (from an unlocked session in the
 * same folder) and nobody to open it; `empty`, no keyring made yet; `no service`, a bus on which nobody provides secrets;
 * `silent`, a bus that delivers no answers, so that every call hangs.
 */
export type SessionKind = 'unlocked' | 'locked' | 'empty' | 'no service' | 'silent'

export interface SecretServiceSession {
  /** What a process needs in its environment to be in this session. */
  readonly env: Readonly<Record<string, string>>
  stop(): Promise<void>
}

/** Starts a D-Bus session of its own with gnome-keyring, whose files are all below `folder`. */
export async function startSecretService(
  folder: string,
  kind: SessionKind,
): Promise<SecretServiceSession> {
  const env: Record<string, string> = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    XDG_DATA_HOME: join(folder, 'data'),
    XDG_CACHE_HOME: join(folder, 'cache'),
    XDG_RUNTIME_DIR: join(folder, 'run'),
  }
  for (const name of ['XDG_DATA_HOME', 'XDG_CACHE_HOME', 'XDG_RUNTIME_DIR']) {
    mkdirSync(env[name] ?? '', { recursive: true, mode: 0o700 })
  }
  const child = spawn(
    'dbus-run-session',
    [...busArguments(folder, kind), '--', 'sh', '-c', script(kind)],
    {
      env,
      stdio: ['pipe', 'pipe', 'ignore'],
    },
  )
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const address = await firstLine(child)
  return {
    env: { ...env, DBUS_SESSION_BUS_ADDRESS: address },
    async stop() {
      child.stdin.end()
      await exited
    },
  }
}

/** Says the bus's address, then waits for the end of its stdin. */
function script(kind: SessionKind): string {
  const daemon = {
    unlocked:
      'printf "pw\\n" | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1;',
    locked: 'gnome-keyring-daemon --start --components=secrets >/dev/null 2>&1;',
    empty: 'gnome-keyring-daemon --start --components=secrets >/dev/null 2>&1;',
    'no service': '',
    silent: '',
  }[kind]
  return `${daemon} echo "$DBUS_SESSION_BUS_ADDRESS"; exec cat >/dev/null`
}

/** A bus that starts no services by itself, and lets answers through or not. */
function busArguments(folder: string, kind: SessionKind): string[] {
  if (kind !== 'no service' && kind !== 'silent') return []
  const answers = kind === 'silent' ? '' : '<allow eavesdrop="true"/>'
  const config = join(folder, 'bus.conf')
  writeFileSync(
    config,
    `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen>
<policy context="default"><allow send_destination="*"/>${answers}<allow own="*"/></policy></busconfig>`,
  )
  return [`--config-file=${config}`]
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('no stdout')
  const lines = createInterface({ input: child.stdout })
  return new Promise<string>((resolve, reject) => {
    lines.once('line', resolve)
    child.once('error', reject)
    child.once('exit', () => reject(new Error('the D-Bus session ended at once')))
  })
}
