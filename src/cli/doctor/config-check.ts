import { composeFamilies, composePolicy } from '../../compose.ts'
import { listAgents } from '../../config/agent-files.ts'
import { createConfigSource } from '../../config/config-source.ts'
import { scopeFile } from '../../config/home-layout.ts'
import { isRefusal } from '../../core/refusal.ts'
import { positionText } from '../../core/rule.ts'
import type { ConfigProblem } from '../../core/snapshot.ts'
import { type DoctorCheck, failure, good, warning } from './check.ts'

/** A valid name that no file needs to have: the catalog is read for it where there is no agent yet. */
const NOBODY = 'nobody'

/** Mistakes of the catalog, the scope files and the guardrails, as `keyhand scope check` finds them. */
export const configCheck: DoctorCheck = {
  name: 'Catalog, scope files, guardrails',
  async run(io) {
    const { home } = io.places
    const families = composeFamilies(io)
    const { agents, problems } = await listAgents(home)
    const found = new Map<string, ConfigProblem>()
    const add = (more: readonly ConfigProblem[]) => {
      for (const one of more) found.set(JSON.stringify(one), one)
    }
    add(problems)
    for (const agent of agents.length > 0 ? agents : [NOBODY]) {
      const snapshot = await createConfigSource({ home, agent, families }).snapshot()
      add(snapshot.problems.filter(({ position }) => position.file !== scopeFile(NOBODY)))
      if (isRefusal(snapshot.guardrails) || snapshot.guardrails.length === 0) continue
      add(await (await composePolicy(families)).checkGuardrails(snapshot.guardrails))
    }
    const findings = [...found.values()].map(({ position, severity, message, fix }) => {
      const say = severity === 'error' ? failure : warning
      return say(`${positionText(position)} ${message}`, fix)
    })
    if (agents.length === 0) {
      return [
        ...findings,
        warning('no agent has a scope file: nothing is allowed', 'keyhand init --agent NAME'),
      ]
    }
    return findings.length > 0
      ? findings
      : [good(`no mistake; scope files of ${agents.join(', ')}`)]
  },
}
