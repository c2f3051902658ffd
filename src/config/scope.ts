import * as z from 'zod'
import { isRefusal, type Refusal } from '../core/refusal.ts'
import type { ConfigProblem, Scope, ScopedTool } from '../core/snapshot.ts'
import { type Catalog, dedupe } from './catalog.ts'
import type { Families } from './families.ts'
import { AgentName, Expires, Limits } from './fields.ts'
import { scopeFile } from './home-layout.ts'
import type { Place } from './issue-problems.ts'
import { parsePart } from './parse-part.ts'
import { mistake, refusalOf } from './problem.ts'
import { readRules } from './scope-rule.ts'
import { knownWords, shown } from './wording.ts'
import { type ConfigNode, parseYaml } from './yaml-file.ts'

const MAX_RULES = 2_000

/** A scope file as a whole; its rules are read by their tools' types. */
export const ScopeShape = z.strictObject({
  agent: AgentName.describe("The agent's name, as the file's"),
  expires: Expires.optional(),
  tools: z
    .record(z.string(), z.unknown())
    .describe('What the agent may do with which tool of the catalog'),
})

/** One tool of a scope file. */
export const ScopeToolShape = z.strictObject({
  allow: z.array(z.unknown()).min(1).describe('What is allowed; nothing else is').optional(),
  deny: z.array(z.unknown()).min(1).describe('What is denied whatever else allows it').optional(),
  limit: Limits.optional(),
})

/** Reads a scope file: right as a whole, or refused as a whole. A tool that is wrong in the catalog is refused by the catalog. */
export function readScope(
  agent: string,
  text: string,
  catalog: Catalog,
  families: Families,
): { readonly scope: Scope | Refusal; readonly problems: readonly ConfigProblem[] } {
  const file = scopeFile(agent)
  const { root, problems: form } = parseYaml(file, text)
  const problems = form.map(({ problem }) => problem)
  const tools = new Map<string, ScopedTool>()
  let expiresAt: number | null = null
  if (root !== null) {
    problems.push(...emptyProblems(root, []))
    const shape = parsePart(ScopeShape, root.value, { node: root, key: root.at, name: file })
    if (!shape.ok) problems.push(...shape.problems)
    else {
      expiresAt = shape.value.expires ?? null
      if (shape.value.agent !== agent) {
        const at = root.entries.get('agent')?.node.at ?? root.at
        problems.push(
          mistake(
            at,
            `the agent is \`${shape.value.agent}\`, and the file is ${file}`,
            `write \`agent: ${agent}\`, or rename the file`,
          ),
        )
      }
    }
    for (const [name, { key, node }] of root.entries.get('tools')?.node.entries ?? []) {
      const read = readTool({ node, key, name }, catalog, families)
      problems.push(...read.problems)
      tools.set(name, read.tool)
    }
    const rules = [...tools.values()].reduce((sum, tool) => sum + tool.rules.length, 0)
    if (rules > MAX_RULES) problems.push(mistake(root.at, `there are more than ${MAX_RULES} rules`))
  }
  const unique = dedupe(problems)
  return { scope: refusalOf(unique) ?? { agent, expiresAt, tools }, problems: unique }
}

function readTool(
  place: Place,
  catalog: Catalog,
  families: Families,
): { readonly tool: ScopedTool; readonly problems: readonly ConfigProblem[] } {
  const { node, key, name } = place
  const problems: ConfigProblem[] = []
  const entry = catalog.tools.get(name)
  if (entry === undefined && catalog.refusal === null) {
    problems.push(
      mistake(
        key,
        `there is no tool ${shown(name)} in the catalog`,
        knownWords(name, catalog.tools.keys()),
      ),
    )
  }
  const shape = parsePart(ScopeToolShape, node.value, place)
  if (!shape.ok) problems.push(...shape.problems)
  else if (shape.value.allow === undefined && shape.value.deny === undefined) {
    problems.push(
      mistake(key, `\`${name}\` has no rule`, 'add `allow:` with what is allowed, or remove it'),
    )
  }
  const known = entry === undefined || isRefusal(entry) ? null : entry
  const read = readRules(place, known, families)
  return {
    tool: {
      name,
      rules: read.rules,
      limits: shape.ok ? (shape.value.limit ?? []) : [],
      position: key,
    },
    problems: [...problems, ...read.problems],
  }
}

/** An empty list is what a commented-out line leaves behind: nobody meant it. */
function emptyProblems(node: ConfigNode, path: readonly string[]): ConfigProblem[] {
  if (Array.isArray(node.value) && node.value.length === 0) {
    return [
      mistake(
        node.at,
        `${path.length === 0 ? 'this list' : shown(path.at(-1) ?? '')} is an empty list`,
        'name at least one, or remove the line',
      ),
    ]
  }
  return [
    ...node.items.flatMap((inner) => emptyProblems(inner, path)),
    ...[...node.entries].flatMap(([name, entry]) => emptyProblems(entry.node, [...path, name])),
  ]
}
