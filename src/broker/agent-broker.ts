import * as z from 'zod'
import { copyJson, isJsonArray, isJsonObject, type JsonObject } from '../core/json.ts'
import { isRefusal } from '../core/refusal.ts'
import type { ScopeRule } from '../core/rule.ts'
import { tagsFit } from '../core/secret-tags.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { ToolType } from '../tools/tool-type.ts'
import type { Broker } from './broker.ts'
import type { AgentBroker, ListedTool } from './call.ts'
import { describe, type ReachableTool, reach } from './prepare.ts'
import { scopeReport } from './scope-report.ts'

/** The broker as one agent's server sees it: what may be listed, what may be called. */
export function createAgentBroker(options: {
  snapshot(): Promise<Snapshot>
  readonly toolTypes: ReadonlyMap<string, ToolType>
  now(): number
  /** The first problem of the guardrail files, which refuses every call; null where they are right. */
  guardrailProblem(snapshot: Snapshot): Promise<string | null>
  /** Made at the first call: what listing needs stays small. */
  broker(): Promise<Broker>
}): AgentBroker {
  return {
    async call(request) {
      return (await options.broker()).call(request)
    },
    async tools() {
      const snapshot = await options.snapshot()
      if (isRefusal(snapshot.scope) || (await options.guardrailProblem(snapshot)) !== null)
        return []
      const { expiresAt, tools } = snapshot.scope
      if (expiresAt !== null && options.now() >= expiresAt) return []
      const names = [...tools.keys()].sort()
      return names.flatMap((name) => listed(snapshot, name, options.toolTypes))
    },
    async scope() {
      const snapshot = await options.snapshot()
      return scopeReport(snapshot, {
        now: options.now(),
        guardrailProblem: await options.guardrailProblem(snapshot),
      })
    },
  }
}

function listed(
  snapshot: Snapshot,
  name: string,
  toolTypes: ReadonlyMap<string, ToolType>,
): ListedTool[] {
  const tool = reach(snapshot, name, toolTypes)
  if (isRefusal(tool) || !tool.scoped.rules.some((rule) => mayAllow(rule, tool))) return []
  const { title, description, input, output, annotations } = describe(tool)
  const schema = copyJson(z.toJSONSchema(input, { io: 'input' }))
  if (!isJsonObject(schema)) return []
  return [
    { name, title, description, inputSchema: schema, outputSchema: withCall(output), annotations },
  ]
}

/** The list asks what a call would: a rule whose tags the tool's secrets do not carry never allows one. */
function mayAllow(rule: ScopeRule, { slice }: ReachableTool): boolean {
  return rule.effect === 'allow' && tagsFit(rule, slice.secretTags)
}

function withCall(output: JsonObject): JsonObject {
  const { properties, required } = output
  return {
    ...output,
    properties: {
      call: { type: 'string', description: 'id of this call in the audit trail' },
      ...(isJsonObject(properties) ? properties : {}),
    },
    required: ['call', ...(isJsonArray(required) ? required : [])],
  }
}
