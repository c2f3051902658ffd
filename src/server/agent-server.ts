import {
  type CallToolRequest,
  type CallToolResult,
  CLIENT_INFO_META_KEY,
  type McpServerFactory,
  PROTOCOL_VERSION_META_KEY,
  Server,
  type ServerContext,
} from '@modelcontextprotocol/server'
import type { AgentBroker } from '../broker/call.ts'
import type { ClientInfo } from '../core/agent.ts'
import { asBrokerError } from '../core/errors.ts'
import { isJsonObject } from '../core/json.ts'
import { refuse } from '../core/refusal.ts'
import { answerCall, answerError, failureText } from './answer.ts'
import { beyondBounds } from './input-bounds.ts'
import { INSTRUCTIONS } from './instructions.ts'
import type { RunningCalls } from './running-calls.ts'
import { answerScope, SCOPE_TOOL } from './scope-tool.ts'
import type { ToolList } from './tool-list.ts'

// The SDK's high-level server keeps a list of tools of its own; ours is asked for at each request.
// oxlint-disable-next-line typescript/no-deprecated -- meant for "advanced use cases", and this is one
export type ProtocolServer = Server

/** What the protocol servers of one connection share. */
export interface AgentServerParts {
  readonly agent: string
  readonly version: string
  readonly broker: () => Promise<AgentBroker>
  readonly list: ToolList
  readonly calls: RunningCalls
  /** The first list was asked for: from here on the client is told of changes. */
  readonly onListed: () => void
  readonly report: (line: string) => void
}

/** Makes one protocol server, which speaks the era of its connection; what it does is the same in each. */
export function createAgentServer(
  parts: AgentServerParts,
  { era }: Parameters<McpServerFactory>[0],
): ProtocolServer {
  // oxlint-disable-next-line typescript/no-deprecated -- as above
  const server = new Server(
    { name: 'keyhand', title: 'keyhand', version: parts.version },
    {
      capabilities: { tools: { listChanged: true } },
      instructions: INSTRUCTIONS,
      cacheHints: { 'tools/list': { ttlMs: 0, cacheScope: 'private' } },
    },
  )
  server.setRequestHandler('tools/list', (_request, { mcpReq }) =>
    parts.calls.run(mcpReq.signal, async () => {
      const tools = await parts.list.show()
      parts.onListed()
      return { tools }
    }),
  )
  server.setRequestHandler('tools/call', (request, context) =>
    parts.calls.run(context.mcpReq.signal, (signal) => {
      const client = era === 'modern' ? modernClient(context) : legacyClient(server)
      return answer(parts, request.params, { ...client, signal, progress: progressTo(context) })
    }),
  )
  return server
}

interface Caller {
  readonly client: ClientInfo | null
  readonly era: string
  readonly signal: AbortSignal
  progress(message: string): void
}

/** INVARIANT: never throws; what is thrown would reach the model as it is. */
async function answer(
  { agent, broker, report }: AgentServerParts,
  { name, arguments: input = {} }: CallToolRequest['params'],
  caller: Caller,
): Promise<CallToolResult> {
  try {
    if (name === SCOPE_TOOL.name) return answerScope(input, await (await broker()).scope())
    const problem = beyondBounds(input)
    // No tool's name is that long, and no tool takes a text for its arguments: so what is too much is refused by the broker,
    // counted and recorded like any other attempt.
    const request = { ...caller, tool: name.slice(0, 128), input: problem ?? input }
    const said = await (await broker()).call(request)
    const unfit = said.kind === 'refused' && said.refusal.reason === 'invalid_input'
    if (problem === null || !unfit) return answerCall(agent, said)
    return answerCall(agent, { ...said, refusal: refuse('invalid_input', problem) })
  } catch (thrown) {
    const error = asBrokerError(thrown)
    report(`tools/call: ${failureText(error)}`)
    return answerError(failureText(error), null)
  }
}

function modernClient({ mcpReq }: ServerContext): Pick<Caller, 'client' | 'era'> {
  const envelope: { readonly [key: string]: unknown } = { ...mcpReq.envelope }
  const era = envelope[PROTOCOL_VERSION_META_KEY]
  return {
    client: clientInfo(envelope[CLIENT_INFO_META_KEY]),
    era: typeof era === 'string' ? era : 'unknown',
  }
}

function legacyClient(server: ProtocolServer): Pick<Caller, 'client' | 'era'> {
  return {
    // oxlint-disable-next-line typescript/no-deprecated -- a connection of 2025 has no envelope: only `initialize` said it
    client: clientInfo(server.getClientVersion()),
    // oxlint-disable-next-line typescript/no-deprecated -- as above
    era: server.getNegotiatedProtocolVersion() ?? 'unknown',
  }
}

function clientInfo(said: unknown): ClientInfo | null {
  if (!isJsonObject(said)) return null
  const { name, version } = said
  return typeof name === 'string' && typeof version === 'string' ? { name, version } : null
}

/** Progress goes only to a client that asked for it, and not after the call was cancelled. */
function progressTo({ mcpReq }: ServerContext): (message: string) => void {
  const progressToken = mcpReq._meta?.progressToken
  if (progressToken === undefined) return () => {}
  let progress = 0
  return (message) => {
    if (mcpReq.signal.aborted) return
    progress += 1
    mcpReq
      .notify({ method: 'notifications/progress', params: { progressToken, progress, message } })
      .catch(() => {
        // The connection ended: there is nobody to tell.
      })
  }
}
