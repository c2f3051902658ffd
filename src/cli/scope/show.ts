import { composeFamilies, composePolicy } from '../../compose.ts'
import { createConfigSource } from '../../config/config-source.ts'
import { type ExplainedTool, explainScope } from '../../config/explain.ts'
import { scopeFile } from '../../config/home-layout.ts'
import { problemText } from '../../config/problem.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { isRefusal, type Refusal } from '../../core/refusal.ts'
import { positionText } from '../../core/rule.ts'
import type { GuardrailFile, Snapshot } from '../../core/snapshot.ts'
import { cedarStatements, positionAt } from '../../policy/cedar-statements.ts'
import { asData } from '../as-data.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { sayLine } from '../say-line.ts'

/** One guardrail: where it stands, and its text in one line. */
interface Guardrail {
  readonly id: string
  readonly line: string
}

interface NeededSecret {
  readonly name: string
  /** Null where the catalog's entry has a mistake. */
  readonly provider: string | null
  readonly reference: JsonObject
}

/** `keyhand scope show AGENT`: what it may do with which tool, what nothing limits, and what it takes for that. */
export async function scopeShow(io: Io, agent: string): Promise<ExitCode> {
  const families = composeFamilies(io)
  const snapshot = await createConfigSource({ home: io.places.home, agent, families }).snapshot()
  const { expires, profiles, refusals, tools } = explainScope(snapshot)
  const files = isRefusal(snapshot.guardrails) ? [] : snapshot.guardrails
  const wrong =
    files.length === 0 ? [] : await (await composePolicy(families)).checkGuardrails(files)
  const stops = [
    ...refusals.map(refusalText),
    ...wrong.filter(({ severity }) => severity === 'error').map(problemText),
  ]
  const ended = expires !== null && io.now() >= Date.parse(expires)
  const shown = tools.map((tool) => ({
    ...tool,
    open: openEnds(snapshot, tool),
    secrets: secretsOf(snapshot, tool.name),
  }))
  const guardrails = files.flatMap(guardrailsOf)

  sayLine(io, `${agent} (${scopeFile(agent)})`)
  for (const stop of stops) sayLine(io, `  every call is refused: ${stop}`)
  if (!isRefusal(snapshot.scope)) sayLine(io, `  ${expiryText(expires, ended)}`)
  if (profiles.length > 0)
    sayLine(io, `  runs under a profile: ${profiles.join(', ')} (here the first)`)
  for (const tool of shown) sayTool(io, tool)
  if (shown.length === 0 && !isRefusal(snapshot.scope))
    sayLine(io, '  no tools: nothing is allowed')
  if (guardrails.length > 0) {
    io.say('\nGuardrails, which win over every rule above')
    for (const { id, line } of guardrails) sayLine(io, `  ${id}  ${line}`)
  }
  io.data({
    agent,
    expires,
    expired: ended,
    profiles: [...profiles],
    refusals: stops,
    tools: shown.map(({ problem, ...tool }) => ({
      ...tool,
      allow: tool.allow.map((rule) => ({ ...rule })),
      deny: tool.deny.map((rule) => ({ ...rule })),
      secrets: tool.secrets.map((secret) => ({ ...secret })),
      problem: problem === null ? null : refusalText(problem),
    })),
    guardrails: guardrails.map((guardrail) => ({ ...guardrail })),
  })
  if (stops.length === 0) return EXIT.ok
  return refusals.every(({ reason }) => reason === 'no_scope') && wrong.length === 0
    ? EXIT.no
    : EXIT.config
}

function sayTool(
  io: Io,
  tool: ExplainedTool & {
    readonly open: readonly string[]
    readonly secrets: readonly NeededSecret[]
  },
): void {
  const { name, type, description, allow, deny, limits, problem, open, secrets } = tool
  io.say('')
  sayLine(
    io,
    `${name}${type === null ? '' : ` (${type})`}${description === null ? '' : `: ${description}`}`,
  )
  if (problem !== null) sayLine(io, `  refused    ${refusalText(problem)}`)
  const width = Math.min(Math.max(...[...allow, ...deny].map(({ line }) => line.length), 0), 60)
  const place = (line: string, id: string) => `${line.padEnd(width)}  ${id}`
  for (const { id, line } of allow) sayLine(io, `  may        ${place(line, id)}`)
  for (const { id, line } of deny) sayLine(io, `  never      ${place(line, id)}`)
  if (limits.length > 0) sayLine(io, `  limit      ${limits.join(', ')}`)
  for (const text of open) sayLine(io, `  unlimited  ${text}`)
  for (const secret of secrets) sayLine(io, `  takes      ${secretText(secret)}`)
  if (secrets.length === 0 && problem === null) sayLine(io, '  takes      no secret')
}

/** What no word of the scope file limits: an admin should know it, and may have meant it. */
function openEnds(snapshot: Snapshot, tool: ExplainedTool): readonly string[] {
  const rules = isRefusal(snapshot.scope) ? [] : (snapshot.scope.tools.get(tool.name)?.rules ?? [])
  const allows = rules.filter(({ effect }) => effect === 'allow')
  const anyQuery = allows.filter(
    ({ rule }) => isJsonObject(rule) && rule['paths'] !== undefined && rule['query'] === undefined,
  )
  const open: string[] = []
  if (allows.length === 0) return open
  if (tool.limits.length === 0 && allows.some(({ limits }) => limits.length === 0)) {
    open.push('the number of calls (no `limit`)')
  }
  if (anyQuery.length > 0) {
    const which =
      anyQuery.length === allows.length ? '' : ` in ${anyQuery.length} of ${allows.length} rules`
    open.push(`the query (no \`query\`${which})`)
  }
  return open
}

function expiryText(expires: string | null, ended: boolean): string {
  if (expires === null) return 'does not end (no `expires`)'
  return ended ? `ended ${expires}: every call is refused` : `valid until ${expires}`
}

function secretsOf(snapshot: Snapshot, tool: string): readonly NeededSecret[] {
  const entry = snapshot.tools.get(tool)
  if (entry === undefined || isRefusal(entry)) return []
  return entry.secrets.map((name) => {
    const secret = snapshot.secrets.get(name)
    if (secret === undefined || isRefusal(secret)) return { name, provider: null, reference: {} }
    const { provider, reference } = secret
    const said = typeof reference === 'object' && reference !== null ? asData(reference) : {}
    return { name, provider, reference: said }
  })
}

function secretText({ name, provider, reference }: NeededSecret): string {
  if (provider === null) return `${name} (its entry in the catalog has a mistake)`
  const parts = Object.entries(reference).map(
    ([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  return `${name} from ${[provider, ...parts].join(', ')}`
}

function guardrailsOf({ file, text }: GuardrailFile): readonly Guardrail[] {
  return cedarStatements(text).map((statement) => ({
    id: positionText(positionAt(file, text, statement.start)),
    line: statement.text.replaceAll(/\s+/g, ' '),
  }))
}

function refusalText({ message, fix }: Refusal): string {
  return fix === null ? message : `${message}; ${fix}`
}
