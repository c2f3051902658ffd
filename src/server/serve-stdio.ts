import { PassThrough, type Readable, type Writable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio'
import type { AgentBroker } from '../broker/call.ts'
import type { Redactor } from '../redaction/redaction-port.ts'
import { createAgentServer, type ProtocolServer } from './agent-server.ts'
import { isTooLarge, MESSAGE_BYTES } from './input-bounds.ts'
import { claimStdout } from './protocol-stdout.ts'
import { RedactingTransport } from './redacting-transport.ts'
import { RunningCalls } from './running-calls.ts'
import { ToolList } from './tool-list.ts'

/** How long calls may go on when the server is told to stop, and how long they then have to notice that they are aborted. */
const GRACE_MS = 2_000
const ABORTED_MS = 2_000

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export interface ServeOptions {
  readonly agent: string
  readonly version: string
  readonly stdin: Readable
  readonly stdout: Writable
  /** Called at the first `tools/list` or `tools/call`, never before; again after it failed. */
  readonly broker: () => Promise<AgentBroker>
  /** The process's registry; null while nothing is registered, so that redaction need not be loaded before the first call. */
  readonly redactor: () => Redactor | null
  /** Watches what decides over the list, from the first `tools/list` on; gives back what ends it. */
  readonly onListChanged: (notify: () => void) => () => void
  /** Flushes the trail; called once, when no call runs any more. */
  readonly close: () => Promise<void>
  /** One line for people, on stderr. */
  readonly report: (line: string) => void
}

/**
 * Serves one agent over stdio until stdin ends, SIGINT or SIGTERM, or the client is gone. Calls that run may finish for 2 s,
 * then they are aborted. Resolves after `close()`; a second signal shortens the wait.
 */
export async function serveAgent(options: ServeOptions): Promise<void> {
  const { agent, version, stdin, report } = options
  const { promise: told, resolve: tell } = Promise.withResolvers<void>()
  const stdout = claimStdout(options.stdout, report)
  const calls = new RunningCalls()
  let ready = false
  const broker = once(async () => {
    const made = await options.broker()
    ready = true
    return made
  })
  const list = new ToolList({ broker, report })

  let server: ProtocolServer | null = null
  const watching: { end: (() => void) | null } = { end: null }
  const watch = () => {
    // Without a broker there is nothing to watch yet; a later list tries again.
    if (ready)
      watching.end ??= options.onListChanged(() => {
        announce(list, server).catch(() =>
          report('the client could not be told that its tools changed'),
        )
      })
  }

  // stdin goes through a stream of our own, which does not end with it: the SDK aborts what runs at once when its input ends.
  const input = new PassThrough({ highWaterMark: 1_048_576 })
  const transport = new RedactingTransport(
    new StdioServerTransport(input, stdout.protocol, { maxBufferSize: MESSAGE_BYTES }),
    options,
  )
  const handle = serveStdio(
    (context) => {
      server = createAgentServer(
        { agent, version, broker, list, calls, onListed: watch, report },
        context,
      )
      return server
    },
    {
      transport,
      onerror: (error) => report(connectionProblem(error)),
    },
  )
  const closed = transport.onclose
  transport.onclose = () => {
    calls.disconnected()
    tell()
    closed?.()
  }

  const onSignal = () => {
    if (stopping) calls.abortAll()
    tell()
  }
  let stopping = false
  for (const signal of SIGNALS) process.on(signal, onSignal)
  for (const end of ['end', 'close', 'error']) stdin.on(end, tell)
  stdin.pipe(input, { end: false })

  try {
    await told
    stopping = true
    // What was read before the end is still on its way to the handlers.
    while (stdin.readableEnded && input.readableLength > 0) await setImmediate()
    await setImmediate()
    stdin.unpipe(input).pause()
    await calls.idle(GRACE_MS)
    calls.abortAll()
    await calls.idle(ABORTED_MS)
    // The last answers are a few steps behind the calls that gave them.
    await setImmediate()
    watching.end?.()
    calls.disconnected()
    await handle.close()
  } finally {
    await options.close()
    for (const signal of SIGNALS) process.off(signal, onSignal)
    for (const end of ['end', 'close', 'error']) stdin.off(end, tell)
    await stdout.release()
  }
}

async function announce(list: ToolList, server: ProtocolServer | null): Promise<void> {
  if (await list.changed()) await server?.sendToolListChanged()
}

/** The SDK's errors may quote a message; only the one that is known not to is told. */
function connectionProblem(error: Error): string {
  return isTooLarge(error)
    ? `a message larger than ${MESSAGE_BYTES} bytes came in; the connection ends`
    : 'a message could not be read, understood or sent'
}

/** Makes it once; a failure is not kept. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null
  return () => {
    made ??= make().catch((thrown: unknown) => {
      made = null
      throw thrown
    })
    return made
  }
}
