import { spawn } from 'node:child_process'
import { BrokerError } from '../../core/errors.ts'
import type { Secret } from '../../core/secret.ts'

const READY_MS = 10_000

/**
 * Starts the process that serves the identity on a socket until `expiresAt`, and returns when it listens.
 *
 * The identity goes through its stdin, never argv or environment. Its environment is empty, its folder is `/`.
 */
export async function serveIdentity(options: {
  readonly socket: string
  readonly identity: Secret
  readonly expiresAt: number
  readonly signal: AbortSignal
}): Promise<void> {
  // The text of the function, since in the bundle there is no file to start.
  const program = `(${identityServer.toString()})(${JSON.stringify(options.socket)}, ${options.expiresAt})`
  const child = spawn(process.execPath, ['-e', program], {
    cwd: '/',
    env: {},
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const failed = () =>
    reject(new BrokerError('internal', 'the process that keeps the identity did not start'))
  const timer = setTimeout(failed, READY_MS)
  options.signal.addEventListener('abort', failed, { once: true })
  child.once('error', failed)
  child.once('exit', failed)
  child.stdout.once('data', () => resolve())
  child.stdin.on('error', failed)
  child.stdin.end(options.identity.reveal())
  try {
    await promise
  } catch (thrown) {
    child.kill('SIGKILL')
    throw thrown
  } finally {
    clearTimeout(timer)
    options.signal.removeEventListener('abort', failed)
    child.off('exit', failed)
    child.stdout.destroy()
    child.unref()
  }
}

/**
 * What runs in that process. INVARIANT: it stands alone, naming nothing of this module, since only its text is taken along.
 *
 * It ends at `expiresAt`, by the word `lock`, by a signal, and when its socket is no longer the one it made.
 */
function identityServer(socket: string, expiresAt: number): void {
  const net = process.getBuiltinModule('node:net')
  const fs = process.getBuiltinModule('node:fs')
  // Also what `ps` shows instead of this program.
  process.title = `keyhand-unlocked ${socket.slice(socket.lastIndexOf('/') + 1)}`
  let identity = ''
  let inode: number | null = null

  function end(): void {
    if (ownsSocket()) fs.rmSync(socket, { force: true })
    process.exit(0)
  }

  function ownsSocket(): boolean {
    try {
      return inode !== null && fs.lstatSync(socket).ino === inode
    } catch {
      return false
    }
  }

  const server = net.createServer((connection) => {
    let asked = ''
    connection.setTimeout(2_000, () => connection.destroy())
    connection.setEncoding('utf8')
    connection.on('error', () => connection.destroy())
    connection.on('data', (chunk) => {
      asked += String(chunk)
      // Timers stand still while a laptop sleeps, the clock does not.
      if (Date.now() >= expiresAt) end()
      if (asked === 'get\n') connection.end(`${identity}\n`)
      else if (asked === 'lock\n') connection.end('locked\n', end)
      else if (asked.length > 5) connection.destroy()
    })
  })
  server.on('error', () => process.exit(1))

  process.on('uncaughtException', () => process.exit(1))
  process.on('SIGTERM', end)
  process.on('SIGINT', end)
  process.stdin.setEncoding('utf8')
  process.stdin.on('data', (chunk) => {
    identity += String(chunk)
  })
  process.stdin.on('end', () => {
    process.umask(0o177)
    server.listen(socket, () => {
      inode = fs.lstatSync(socket).ino
      fs.writeSync(1, 'ready\n')
      setInterval(() => {
        if (Date.now() >= expiresAt || !ownsSocket()) end()
      }, 1_000)
    })
  })
}
