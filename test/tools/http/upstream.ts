import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createAuthSchemes } from '../../../src/auth/index.ts'
import { createMintedGuard } from '../../../src/broker/minted-step.ts'
import { isRefusal } from '../../../src/core/refusal.ts'
import { Secret } from '../../../src/core/secret.ts'
import { createRedactor } from '../../../src/redaction/redactor.ts'
import type { Lookup } from '../../../src/tools/http/connection.ts'
import { createHttpTool } from '../../../src/tools/http/http-tool.ts'
import type { Performed } from '../../../src/tools/tool-type.ts'

/** The value of the secret `key` of every call here. */
export const KEY = 'sk-live-51Hq8ZxT0pLmN3vRbYw'

export interface Upstream {
  readonly port: number
  /** Every request that arrived, in order. */
  readonly seen: readonly IncomingMessage[]
  close(): Promise<void>
}

/** A real server on loopback. */
export async function upstream(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Upstream> {
  const seen: IncomingMessage[] = []
  return listening(createServer(recording(seen, answer)), seen)
}

/** A certificate authority of a test's own, and a server with a certificate of it for `localhost` and 127.0.0.1. */
export async function secureUpstream(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
) {
  const folder = await mkdtemp(join(tmpdir(), 'http-tool-'))
  const run = promisify(execFile)
  const file = (name: string) => join(folder, name)
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1'
  await run('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '1',
    '-subj',
    '/CN=test',
    '-addext',
    names,
    '-keyout',
    file('key.pem'),
    '-out',
    file('ca.pem'),
  ])
  const seen: IncomingMessage[] = []
  const [key, cert] = await Promise.all([readFile(file('key.pem')), readFile(file('ca.pem'))])
  const server = await listening(createSecureServer({ key, cert }, recording(seen, answer)), seen)
  const close = async () => {
    await server.close()
    await rm(folder, { recursive: true })
  }
  return { ...server, ca: file('ca.pem'), close }
}

export interface CallOptions {
  readonly settings?: Record<string, unknown>
  readonly lookup?: Lookup
  readonly signal?: AbortSignal
  readonly secret?: string
}

/** What one call gives, with the real redactor: canonical, then performed; the broker is left out. */
export async function call(
  base_url: string,
  input: Record<string, unknown>,
  options: CallOptions = {},
): Promise<Performed> {
  const tool = createHttpTool({
    authSchemes: createAuthSchemes(),
    ...(options.lookup === undefined ? {} : { lookup: options.lookup }),
  })
  const settings = tool.settings.parse({
    base_url,
    auth: { type: 'bearer', token: 'key' },
    timeout: '5s',
    ...options.settings,
  })
  const parsed = tool
    .describe('api', settings, [], null)
    .input.parse({ method: 'GET', path: '/', ...input })
  const action = tool.canonical('api', parsed, settings)
  if (isRefusal(action)) throw new Error(`refused: ${action.message}`)
  const redactor = createRedactor()
  const secret = new Secret('key', options.secret ?? KEY)
  redactor.register(secret)
  const minted = createMintedGuard({ redactor, keeper: { keep: async () => null } }).step(
    { kind: 'withhold' },
    { secrets: new Map() },
  )
  return tool.perform(action, settings, {
    secrets: { get: () => secret },
    signal: options.signal ?? new AbortController().signal,
    redaction: Object.assign(redactor.session(), minted),
    now: () => 0,
    register: (derived) => redactor.register(derived),
    progress: () => {},
  })
}

/** What one call shows to the model. */
export async function shown(
  base_url: string,
  input: Record<string, unknown>,
  options: CallOptions = {},
) {
  return (await call(base_url, input, options)).result.structured
}

/** Whether `text` holds a run of `length` characters of the value. */
export function holdsRun(text: string, value: string, length = 4): boolean {
  for (let at = 0; at + length <= value.length; at++)
    if (text.includes(value.slice(at, at + length))) return true
  return false
}

function recording(seen: IncomingMessage[], answer: RequestListener): RequestListener {
  return (request, response) => {
    seen.push(request)
    answer(request, response)
  }
}

async function listening(server: Server, seen: IncomingMessage[]): Promise<Upstream> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
