import { Client as ModernClient } from '@modelcontextprotocol/client'
import { StdioClientTransport as ModernTransport } from '@modelcontextprotocol/client/stdio'
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js'
import {
  getDefaultEnvironment,
  StdioClientTransport as LegacyTransport,
} from '@modelcontextprotocol/sdk/client/stdio.js'
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js'

/**
 * Which client is used. `legacy`: the client of SDK 1.x, which speaks 2025-11-25. `modern`: the client of 2.x, held to
 * 2026-07-28. `auto`: the same, which finds the revision out by a probe on a process of its own.
 */
export type ClientEra = 'legacy' | 'modern' | 'auto'

export interface ConnectOptions {
  readonly era: ClientEra
  readonly command: string
  readonly args?: readonly string[]
  /** Besides the few variables that clients hand on by themselves (HOME, PATH …). */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

export interface ShownTool {
  readonly name: string
  readonly title?: string | undefined
  readonly description?: string | undefined
  readonly inputSchema: unknown
  readonly outputSchema?: unknown
  readonly annotations?: unknown
}

export interface ToolAnswer {
  readonly isError: boolean
  /** All text blocks, one after the other. */
  readonly text: string
  readonly structured: Readonly<Record<string, unknown>> | null
  readonly meta: Readonly<Record<string, unknown>>
}

/** A real client with a server process of its own. */
export interface McpClient {
  /** The server's process; null once it is gone. */
  readonly pid: number | null
  readonly protocolVersion: string
  readonly instructions: string | null
  readonly serverInfo: { readonly name: string; readonly version: string } | null
  listTools(): Promise<ShownTool[]>
  callTool(
    name: string,
    input?: Record<string, unknown>,
    options?: { signal?: AbortSignal; onprogress?: (message: string | undefined) => void },
  ): Promise<ToolAnswer>
  /** Called at each change of the tool list that the server tells of. */
  onToolsChanged(listener: () => void): void
  /** What the server has written to stderr so far. */
  stderr(): string
  /** Ends the connection and waits for the server to be gone. */
  close(): Promise<void>
}

/** Starts a server and connects a client to it. */
export function connect(options: ConnectOptions): Promise<McpClient> {
  return options.era === 'legacy' ? connectLegacy(options) : connectModern(options)
}

async function connectLegacy(options: ConnectOptions): Promise<McpClient> {
  const transport = new LegacyTransport(serverParameters(options))
  const stderr = collect(transport.stderr)
  const negotiated: { version: string } = { version: 'unknown' }
  Object.assign(transport, {
    setProtocolVersion: (version: string) => (negotiated.version = version),
  })
  const client = new LegacyClient({ name: 'legacy-test-client', version: '1.2.3' })
  await client.connect(transport)
  return {
    get pid() {
      return transport.pid
    },
    protocolVersion: negotiated.version,
    instructions: client.getInstructions() ?? null,
    serverInfo: client.getServerVersion() ?? null,
    listTools: async () => (await client.listTools()).tools,
    async callTool(name, input = {}, { signal, onprogress } = {}) {
      const result = await client.callTool({ name, arguments: input }, undefined, {
        ...(signal === undefined ? {} : { signal }),
        ...(onprogress === undefined ? {} : { onprogress: ({ message }) => onprogress(message) }),
      })
      return asAnswer(result)
    },
    onToolsChanged: (listener) =>
      client.setNotificationHandler(ToolListChangedNotificationSchema, () => listener()),
    stderr,
    close: () => client.close(),
  }
}

async function connectModern(options: ConnectOptions): Promise<McpClient> {
  const transport = new ModernTransport(serverParameters(options))
  const stderr = collect(transport.stderr)
  const changed: (() => void)[] = []
  const announce = () => {
    for (const listener of changed) listener()
  }
  const client = new ModernClient(
    { name: 'modern-test-client', version: '4.5.6' },
    {
      versionNegotiation: { mode: options.era === 'auto' ? 'auto' : { pin: '2026-07-28' } },
      listChanged: {
        tools: { autoRefresh: false, onChanged: announce },
      },
    },
  )
  await client.connect(transport)
  return {
    get pid() {
      return transport.pid
    },
    protocolVersion: client.getNegotiatedProtocolVersion() ?? 'unknown',
    instructions: client.getInstructions() ?? null,
    serverInfo: client.getServerVersion() ?? null,
    listTools: async () => (await client.listTools()).tools,
    async callTool(name, input = {}, { signal, onprogress } = {}) {
      const result = await client.callTool(
        { name, arguments: input },
        {
          ...(signal === undefined ? {} : { signal }),
          ...(onprogress === undefined ? {} : { onprogress: ({ message }) => onprogress(message) }),
        },
      )
      return asAnswer(result)
    },
    onToolsChanged: (listener) => void changed.push(listener),
    stderr,
    close: () => client.close(),
  }
}

function serverParameters({ command, args = [], env = {}, cwd }: ConnectOptions) {
  return {
    command,
    args: [...args],
    env: { ...getDefaultEnvironment(), ...env },
    stderr: 'pipe' as const,
    ...(cwd === undefined ? {} : { cwd }),
  }
}

function collect(
  stream: { on(event: 'data', listener: (chunk: unknown) => void): unknown } | null,
): () => string {
  let text = ''
  stream?.on('data', (chunk) => {
    text += String(chunk)
  })
  return () => text
}

function asAnswer(result: { [name: string]: unknown }): ToolAnswer {
  const content = Array.isArray(result['content']) ? result['content'] : []
  return {
    isError: result['isError'] === true,
    text: content
      .flatMap((block) =>
        isRecord(block) && typeof block['text'] === 'string' ? [block['text']] : [],
      )
      .join('\n'),
    structured: isRecord(result['structuredContent']) ? result['structuredContent'] : null,
    meta: isRecord(result['_meta']) ? result['_meta'] : {},
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
