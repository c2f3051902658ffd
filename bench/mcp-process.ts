import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'

type Message = { readonly [name: string]: unknown }

/** A server process, spoken to line by line: a client whose own cost is small and the same for each contender. */
export interface McpProcess {
  /** The result of a request. @throws where it is an error. */
  request(method: string, params: Message): Promise<Message>
  notify(method: string): void
  /** A `tools/call`. @throws where the answer is not the upstream's. */
  call(tool: string, input: Message): Promise<void>
  /** Resident memory in bytes; null where the system does not say. */
  residentBytes(): Promise<number | null>
  /** Ends its stdin, and waits until it is gone. */
  end(): Promise<void>
}

export interface Command {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

const INITIALIZE = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'bench', version: '0.0.0' },
}

/** Starts a Node program that speaks MCP over stdio. */
export function startProcess({ args, env }: Command): McpProcess {
  const child = spawn(process.execPath, [...args], { env, stdio: ['pipe', 'pipe', 'pipe'] })
  const ended = once(child, 'close')
  const waiting = new Map<unknown, { resolve(message: Message): void; reject(e: Error): void }>()
  let said = ''
  let rest = ''
  let lastId = 0
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const message = JSON.parse(line) as Message
      waiting.get(message['id'])?.resolve(message)
      waiting.delete(message['id'])
    }
  })
  child.on('close', () => {
    for (const { reject } of waiting.values()) reject(new Error(`the server ended: ${said}`))
  })
  const send = (message: Message) =>
    void child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)

  async function request(method: string, params: Message): Promise<Message> {
    lastId += 1
    const id = lastId
    const response = await new Promise<Message>((resolve, reject) => {
      waiting.set(id, { resolve, reject })
      send({ id, method, params })
    })
    if (response['result'] === undefined) throw new Error(JSON.stringify(response))
    return response['result'] as Message
  }

  return {
    request,
    notify: (method) => send({ method }),
    async call(tool, input) {
      const result = await request('tools/call', { name: tool, arguments: input })
      const structured = result['structuredContent'] as { status?: number } | undefined
      if (structured?.status !== 200) throw new Error(`${JSON.stringify(result)} ${said}`)
    },
    async residentBytes() {
      if (process.platform !== 'linux') return null
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8')
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
    },
    async end() {
      child.stdin.end()
      await ended
    },
  }
}

/** The same, and the first response has come. */
export async function startInitialized(command: Command): Promise<McpProcess> {
  const started = startProcess(command)
  await started.request('initialize', INITIALIZE)
  started.notify('notifications/initialized')
  return started
}
