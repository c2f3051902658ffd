import type { AuditRecord } from '../../audit/audit-event.ts'
import { fileEntries, type TrailEntry } from '../../audit/report.ts'
import type { TrailFile } from '../../audit/trail-line.ts'
import { composeFamilies } from '../../compose.ts'
import { AGENT_NAME } from '../../core/agent.ts'
import { isRefusal } from '../../core/refusal.ts'
import { ruleSuggestion } from '../../core/rule-suggestion.ts'
import type { ToolEntry } from '../../core/snapshot.ts'
import { openCatalog } from '../catalog-file.ts'
import type { Io } from '../io.ts'

/** What would have to be other for a refused call: the smallest rule, or why none is shown. */
export type MissingRule = { readonly rule: string } | { readonly rule: null; readonly why: string }

/** Tells it of an entry; null where no rule is what was missing (a limit, a wrong input). */
export type FindMissingRule = (entry: TrailEntry) => MissingRule | null

/** Looks at the catalog of now: what a tool's type was then is not in the trail. */
export async function missingRules(
  io: Io,
  files: readonly TrailFile[],
  entries: readonly TrailEntry[],
): Promise<FindMissingRule> {
  const families = composeFamilies(io)
  const tools = await openCatalog(io.places.home, families).then(
    ({ tools }) => tools,
    () => new Map<string, ToolEntry>(),
  )
  const hops = await callsUnderWay(files, entries)
  return ({ records }) => {
    const record = records.at(-1)
    if (record?.kind !== 'refused') return null
    if (record.reason !== 'no_rule') return otherWay(record)
    // What an upstream redirected to is not what the agent asked for.
    if (hops.has(record.call ?? ''))
      return none('the upstream redirected there; no rule is offered for that')
    const { agent, tool, verb, target } = record
    const entry = tools.get(tool ?? '')
    const type =
      isRefusal(entry) || entry === undefined ? undefined : families.toolTypes.get(entry.type)
    if (type === undefined)
      return none('its tool is not in the catalog now, or has a mistake there')
    // INVARIANT: of a record that somebody else wrote, nothing becomes a rule that is wider than one call, or more than a rule.
    const path = record.path === undefined || record.path === '' ? null : record.path
    if (
      agent === undefined ||
      !AGENT_NAME.test(agent) ||
      verb === undefined ||
      target === undefined
    )
      return none('its record does not say enough')
    if (path?.includes('*') === true || verb === 'ANY') return none('its record is not of one call')
    if (path?.split('/').some((segment) => segment.startsWith('hmac:')) === true) {
      const ask = `keyhand can ${agent} ${tool ?? ''} ${verb} PATH`
      return none(`a part of its path is masked: \`${ask}\` shows the rule for a path`)
    }
    const rule = type.ruleFor({ verb, target, path, request: null })
    if (rule === null) return none('no rule can say exactly this call')
    return { rule: ruleSuggestion(agent, tool ?? '', rule) }
  }
}

function otherWay({ reason, rules, agent }: AuditRecord): MissingRule | null {
  switch (reason) {
    case 'denied':
      return none(`denied by ${(rules ?? []).join(', ')}: no rule can allow it beside that`)
    case 'expired':
      return none('the scope file had expired: it needs a new `expires`')
    case 'unknown_tool':
      return none(
        `the tool was not in the scope: \`keyhand scope show ${agent ?? 'AGENT'}\` shows what is`,
      )
    default:
      return null
  }
}

function none(why: string): MissingRule {
  return { rule: null, why }
}

/** Of the calls of these entries, those that had been begun when they were refused. */
async function callsUnderWay(
  files: readonly TrailFile[],
  entries: readonly TrailEntry[],
): Promise<ReadonlySet<string>> {
  const refused = entries.filter(({ result, call }) => result === 'refused' && call !== null)
  const calls = new Set(refused.map(({ call }) => call))
  const names = new Set(refused.map(({ file }) => file))
  const begun = new Set<string>()
  for (const file of files.filter(({ name }) => names.has(name))) {
    for await (const { call, records } of fileEntries(file)) {
      if (call !== null && calls.has(call) && records[0]?.kind === 'intent') begun.add(call)
    }
  }
  return begun
}
