import type { Action } from '../core/action.ts'
import { isRefusal, type Refusal, refuse } from '../core/refusal.ts'
import { tagsFit, tagsOf } from '../core/secret-tags.ts'
import type { ScopedTool, Snapshot, ToolEntry } from '../core/snapshot.ts'
import type { Slice } from '../policy/slice.ts'
import type { ToolDescription, ToolType, TypedRule } from '../tools/tool-type.ts'
import { inputProblem } from './input-problem.ts'

/** A tool that an agent may ask for: its catalog entry, its scope and the slice of policy that decides over it. */
export interface ReachableTool {
  readonly entry: ToolEntry
  readonly type: ToolType
  readonly scoped: ScopedTool
  readonly slice: Slice
}

const slices = new WeakMap<Snapshot, Map<string, Slice>>()

/** A call asks for it each time, and making a schema costs ten times what a parse with it does. */
const descriptions = new WeakMap<Slice, ToolDescription<unknown>>()

/** Finds a tool in an agent's scope; the refusal says what is in the way. The list and the call both ask here. */
export function reach(
  snapshot: Snapshot,
  tool: string,
  toolTypes: ReadonlyMap<string, ToolType>,
): ReachableTool | Refusal {
  if (snapshot.refusal !== null) return snapshot.refusal
  if (isRefusal(snapshot.scope)) return snapshot.scope
  if (isRefusal(snapshot.guardrails)) return snapshot.guardrails
  const scoped = snapshot.scope.tools.get(tool)
  const entry = snapshot.tools.get(tool)
  if (scoped === undefined || entry === undefined) {
    // One answer for "not in the catalog" and "not in the scope": a catalog is not the agent's to explore.
    return refuse(
      'unknown_tool',
      `no tool of that name is in the scope of agent \`${snapshot.agent}\``,
      `call keyhand_scope to see what is; a human can add a tool to agents/${snapshot.agent}.yaml`,
    )
  }
  if (isRefusal(entry)) return entry
  const type = toolTypes.get(entry.type)
  if (type === undefined) {
    return refuse('config_error', `tool \`${tool}\` is of a type that this keyhand does not know`)
  }
  for (const name of entry.secrets) {
    const secret = snapshot.secrets.get(name)
    if (secret === undefined)
      return refuse('config_error', `secret \`${name}\` is not in the catalog`)
    if (isRefusal(secret)) return secret
  }
  return {
    entry,
    type,
    scoped,
    slice: sliceOf(snapshot, snapshot.scope.expiresAt, scoped, entry, snapshot.guardrails),
  }
}

/** The canonical action of an input, or what is wrong with the input. */
export function canonicalAction(tool: ReachableTool, input: unknown): Action | Refusal {
  const parsed = describe(tool).input.safeParse(input ?? {})
  if (!parsed.success) return refuse('invalid_input', inputProblem(parsed.error))
  return tool.type.canonical(tool.entry.name, parsed.data, tool.entry.settings)
}

/** How the tool shows itself to this agent. */
export function describe(tool: ReachableTool): ToolDescription<unknown> {
  const known = descriptions.get(tool.slice)
  if (known !== undefined) return known
  const { rules: all } = tool.scoped
  const rules: TypedRule<unknown>[] = all
    .filter((rule) => tagsFit(rule, tool.slice.secretTags))
    .map(({ effect, rule, approval }) => ({ effect, rule, approval }))
  const { entry, type } = tool
  const made = type.describe(entry.name, entry.settings, rules, entry.description)
  descriptions.set(tool.slice, made)
  return made
}

// Policy keeps what it pre-parsed by the slice's identity, so a slice lives as long as its snapshot.
function sliceOf(
  snapshot: Snapshot,
  expiresAt: number | null,
  scoped: ScopedTool,
  entry: ToolEntry,
  guardrails: Slice['guardrails'],
): Slice {
  let known = slices.get(snapshot)
  if (known === undefined) {
    known = new Map()
    slices.set(snapshot, known)
  }
  let slice = known.get(entry.name)
  if (slice === undefined) {
    slice = {
      agent: snapshot.agent,
      tool: entry.name,
      type: entry.type,
      rules: scoped.rules,
      toolLimits: scoped.limits,
      expiresAt,
      secretTags: tagsOf(entry.secrets, snapshot.secrets),
      profile: snapshot.profile,
      guardrails,
    }
    known.set(entry.name, slice)
  }
  return slice
}
