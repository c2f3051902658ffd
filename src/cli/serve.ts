import { AGENT_NAME } from '../core/agent.ts'
import { BrokerError } from '../core/errors.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import type { Io } from './io.ts'
import { version } from './version.ts'

/** `keyhand serve --agent NAME`: the MCP server of one agent on stdin and stdout, until stdin ends. */
export async function serve(
  io: Io,
  options: { readonly agent: string; readonly profile?: string },
): Promise<ExitCode> {
  const { agent, profile = null } = options
  if (!AGENT_NAME.test(agent)) {
    throw new BrokerError(
      'usage',
      'the agent name must be a lower-case letter, then up to 39 of a-z, 0-9 and `-`',
    )
  }
  const { serveAgent } = await import('../server/serve-stdio.ts')
  // What lists and calls need is loaded by the first of them: a client that only looks whether the server is there waits for less.
  let parts: Awaited<ReturnType<typeof load>> | null = null
  const load = async () =>
    (await import('../compose.ts')).composeAgent({ places: io.places, agent, profile, env: io.env })
  await serveAgent({
    agent,
    version,
    stdin: io.stdin,
    stdout: process.stdout,
    async broker() {
      parts ??= await load()
      return parts.broker
    },
    redactor: () => parts?.redactor() ?? null,
    onListChanged: (notify) => parts?.config.watch(notify) ?? (() => {}),
    async close() {
      await parts?.close()
    },
    report: (line) => io.warn(`keyhand: ${line}`),
  })
  return EXIT.ok
}
