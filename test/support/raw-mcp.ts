import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export type Message = { [name: string]: unknown }

/** A server process driven by hand: every line that it writes to stdout, and how it ends. */
export interface RawMcp {
  readonly process: ChildProcess
  /** What came on stdout so far, line by line, as it was written. */
  readonly lines: readonly string[]
  send(message: Message): void
  write(text: string): void
  /** Ends stdin. */
  end(): void
  /** The next message that fits, also one that came before. */
  next(fits: (message: Message) => boolean): Promise<Message>
  response(id: number | string): Promise<Message>
  stderr(): string
  /** Resolves when the process has ended and all its output was read. */
  exit(): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
}

/** Starts a program that speaks MCP over stdio. */
export function startRaw(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): RawMcp {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  // Each answer that is waited for listens for the end as well.
  child.setMaxListeners(0)
  const ended = once(child, 'close')
  const lines: string[] = []
  const messages: Message[] = []
  let stderr = ''
  let waiting: (() => void)[] = []
  const wake = () => {
    for (const check of waiting) check()
  }
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line)
    const message: unknown = JSON.parse(line)
    if (isMessage(message)) messages.push(message)
    wake()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  // A server that has ended does not read any more: that is for the test to see in how it ended.
  child.stdin.on('error', () => {})
  const next: RawMcp['next'] = (fits) =>
    new Promise((resolve, reject) => {
      const check = () => {
        const found = messages.find(fits)
        if (found === undefined) return
        waiting = waiting.filter((other) => other !== check)
        resolve(found)
      }
      waiting.push(check)
      check()
      child.once('close', () => reject(new Error(`the server ended; stderr: ${stderr}`)))
    })
  return {
    process: child,
    lines,
    send: (message) =>
      void child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`),
    write: (text) => void child.stdin.write(text),
    end: () => void child.stdin.end(),
    next,
    response: (id) => next((message) => message['id'] === id),
    stderr: () => stderr,
    async exit() {
      await ended
      return { code: child.exitCode, signal: child.signalCode }
    },
  }
}

/** What a client of 2025 sends first. */
export function initialize(id: number): Message {
  return {
    id,
    method: 'initialize',
    params: {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'raw', version: '0.0.1' },
    },
  }
}

/** A request of 2026-07-28, with the envelope that each one carries. */
export function modernRequest(id: number, method: string, params: Message = {}): Message {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
    'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '0.0.1' },
  }
  return {
    id,
    method,
    params: {
      ...params,
      _meta: { ...meta, ...(isMessage(params['_meta']) ? params['_meta'] : {}) },
    },
  }
}

function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
