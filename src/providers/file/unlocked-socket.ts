import { createHash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { lstat, mkdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { BrokerError } from '../../core/errors.ts'
import type { Secret } from '../../core/secret.ts'
import { parseIdentity } from './age.ts'
import { errorCode, fileFailure } from './private-file.ts'

/** The shortest limit of the systems that we know (macOS: 104 bytes with the closing zero). */
const MAX_SOCKET_PATH = 103
const ANSWER_MS = 2_000
const MAX_ANSWER = 4_096

/** The socket of a home's unlocked identity: two homes that share a state folder have two. */
export function socketPath(state: string, home: string): string {
  const hash = createHash('sha256').update(realPath(home)).digest('hex').slice(0, 8)
  return join(state, 'unlocked', `${hash}.sock`)
}

function realPath(home: string): string {
  try {
    return realpathSync.native(home)
  } catch {
    return resolve(home)
  }
}

/** Makes the folder of the socket, 0700. @throws BrokerError where a socket cannot be there. */
export async function prepareSocketFolder(socket: string): Promise<void> {
  if (process.platform === 'win32') {
    throw new BrokerError('usage', 'Windows has no private sockets', {
      fix: 'Run `keyhand unlock` into the keychain.',
    })
  }
  if (Buffer.byteLength(socket) > MAX_SOCKET_PATH) {
    throw new BrokerError(
      'usage',
      `the path of the socket is longer than ${MAX_SOCKET_PATH} bytes: \`${socket}\``,
      {
        fix: 'Set KEYHAND_STATE to a shorter path, or unlock into the keychain.',
      },
    )
  }
  try {
    await mkdir(dirname(socket), { recursive: true, mode: 0o700 })
    await checkPrivate(dirname(socket), 'directory')
  } catch (thrown) {
    throw fileFailure(dirname(socket), thrown)
  }
}

/** The identity that an unlocked home serves; null where nothing does. @throws BrokerError `config_unsafe`. */
export async function readIdentity(socket: string, signal: AbortSignal): Promise<Secret | null> {
  const answer = await ask(socket, 'get', signal)
  return answer === null ? null : parseIdentity(answer)
}

/** Ends what serves the identity. True where something did. */
export async function lockSocket(socket: string, signal: AbortSignal): Promise<boolean> {
  return (await ask(socket, 'lock', signal)) !== null
}

async function ask(
  socket: string,
  word: 'get' | 'lock',
  signal: AbortSignal,
): Promise<string | null> {
  if (process.platform === 'win32' || Buffer.byteLength(socket) > MAX_SOCKET_PATH) return null
  try {
    await checkPrivate(dirname(socket), 'directory')
    await checkPrivate(socket, 'socket')
  } catch (thrown) {
    if (errorCode(thrown) === 'ENOENT') return null
    throw fileFailure(socket, thrown)
  }
  return exchange(socket, word, AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]))
}

/** One word there, one answer back; null where nobody listens (any more), or where the answer does not come. */
async function exchange(socket: string, word: string, signal: AbortSignal): Promise<string | null> {
  const { promise, resolve: answered } = Promise.withResolvers<string | null>()
  const connection = connect({ path: socket })
  let answer = ''
  const onAbort = () => connection.destroy()
  signal.addEventListener('abort', onAbort, { once: true })
  connection.setEncoding('utf8')
  connection.on('connect', () => connection.write(`${word}\n`))
  connection.on('data', (chunk: string) => {
    answer += chunk
    if (answer.length > MAX_ANSWER) connection.destroy()
  })
  connection.on('error', () => connection.destroy())
  connection.on('close', () => answered(answer.endsWith('\n') ? answer : null))
  try {
    if (signal.aborted) connection.destroy()
    return await promise
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

async function checkPrivate(path: string, kind: 'directory' | 'socket'): Promise<void> {
  const stats = await lstat(path)
  const isKind = kind === 'directory' ? stats.isDirectory() : stats.isSocket()
  if (isKind && stats.uid === process.getuid?.() && (stats.mode & 0o077) === 0) return
  throw new BrokerError('config_unsafe', `\`${path}\` is not a ${kind} that is yours alone`, {
    fix: `Look at it (\`ls -ld ${path}\`), and remove it where it is not yours.`,
  })
}
