import type { Tool } from '@modelcontextprotocol/server'
import type { AgentBroker, ListedTool } from '../broker/call.ts'
import { asBrokerError } from '../core/errors.ts'
import { failureText } from './answer.ts'
import { SCOPE_TOOL } from './scope-tool.ts'

/** What `tools/list` answers, and what it last answered. */
export class ToolList {
  readonly #broker: () => Promise<AgentBroker>
  readonly #report: (line: string) => void
  #shown: string | null = null

  constructor(options: { broker: () => Promise<AgentBroker>; report: (line: string) => void }) {
    this.#broker = options.broker
    this.#report = options.report
  }

  /** The tools of this moment in a fixed order, `keyhand_scope` last. Where they cannot be known that one stands alone. */
  async show(): Promise<Tool[]> {
    const tools = await this.#tools()
    this.#shown = JSON.stringify(tools)
    return tools
  }

  /** True where the list is no longer, byte for byte, the one that was last shown or said to have changed. */
  async changed(): Promise<boolean> {
    const text = JSON.stringify(await this.#tools())
    if (this.#shown === null || text === this.#shown) return false
    this.#shown = text
    return true
  }

  async #tools(): Promise<Tool[]> {
    try {
      const listed = await (await this.#broker()).tools()
      return [...listed.map(asTool), SCOPE_TOOL]
    } catch (thrown) {
      this.#report(`the tools cannot be listed: ${failureText(asBrokerError(thrown))}`)
      return [SCOPE_TOOL]
    }
  }
}

function asTool(listed: ListedTool): Tool {
  const { name, title, description, inputSchema, outputSchema, annotations } = listed
  return {
    name,
    title,
    description,
    inputSchema: { ...inputSchema, type: 'object' },
    outputSchema: { ...outputSchema, type: 'object' },
    annotations: { ...annotations },
  }
}
