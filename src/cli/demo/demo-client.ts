import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { version } from '../version.ts'
import { DEMO_AGENT, ownCommand } from './demo-home.ts'

/** What a model is shown of one call. */
export interface Shown {
  readonly isError: boolean
  readonly text: string
  /** All that came over the wire. */
  readonly all: unknown
}

export interface DemoClient {
  call(tool: string, input: Record<string, unknown>): Promise<Shown>
  close(): Promise<void>
}

/** Starts `keyhand serve` of this same installation and connects to it, as MCP clients do. */
export async function connectDemoClient(
  env: Readonly<Record<string, string>>,
): Promise<DemoClient> {
  const { command, script } = ownCommand()
  const transport = new StdioClientTransport({
    command,
    args: [script, 'serve', '--agent', DEMO_AGENT],
    env: { ...env },
    stderr: 'inherit',
  })
  const client = new Client(
    { name: 'keyhand-demo', version },
    { versionNegotiation: { mode: { pin: '2026-07-28' } } },
  )
  await client.connect(transport)
  return {
    async call(tool, input) {
      const result = await client.callTool({ name: tool, arguments: input })
      const text = result.content
        .flatMap((block) => (block.type === 'text' ? [block.text] : []))
        .join('\n')
      return { isError: result.isError === true, text, all: result }
    },
    close: () => client.close(),
  }
}
