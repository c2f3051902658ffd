import { lintSource } from '@secretlint/core'
import { secretLintProfiler } from '@secretlint/profiler'
import { rules } from '@secretlint/secretlint-rule-preset-recommend'
import type { Finding } from './finding.ts'

// It would keep a mark of every call until the process ends.
secretLintProfiler.setEnabled(false)

const PREFIX = '@secretlint/secretlint-rule-'

/**
 * Never run. `filter-comments`: an upstream that writes `secretlint-disable` would switch the others off. `gcp`: it reads files,
 * and what it looks for in a text is a private key like any other.
 */
const LEFT_OUT: readonly string[] = ['filter-comments', 'gcp']

/** The rules that are run, by the last word of their name. */
export const lintRules: ReadonlyMap<string, (typeof rules)[number]> = new Map(
  rules
    .map((rule) => [rule.meta.id.replace(PREFIX, ''), rule] as const)
    .filter(([name]) => !LEFT_OUT.includes(name)),
)

/**
 * Runs rules over a text; each finding is named by the rule that found it. Time grows with the square of the number of findings.
 * INVARIANT: nothing but ranges is taken from the result, whose messages hold the values.
 */
export async function lint(text: string, names: readonly string[]): Promise<readonly Finding[]> {
  const config = {
    rules: names.flatMap((name) => {
      const rule = lintRules.get(name)
      return rule === undefined ? [] : [{ id: rule.meta.id, rule, options: {} }]
    }),
  }
  const { messages } = await lintSource({
    source: { filePath: 'answer', content: text, contentType: 'text', ext: '' },
    options: { config, noPhysicFilePath: true },
  })
  return messages
    .filter(({ messageId }) => messageId !== 'AWSAccountID')
    .map(({ range: [start, end], ruleId }) => ({ start, end, kind: ruleId.replace(PREFIX, '') }))
}
