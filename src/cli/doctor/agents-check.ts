import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { composeFamilies, composeRecords } from '../../compose.ts'
import { listAgents } from '../../config/agent-files.ts'
import { createConfigSource } from '../../config/config-source.ts'
import { NO_PROFILE } from '../../config/profile.ts'
import { isRefusal } from '../../core/refusal.ts'
import { type DoctorCheck, type DoctorFinding, good, note, warning } from './check.ts'

/** Every agent with a scope file: whether it is stopped for probing, and whether its scope has ended. */
export const agentsCheck: DoctorCheck = {
  name: 'Agents',
  async run(io) {
    const { home, state: folder } = io.places
    const { agents } = await listAgents(home)
    if (agents.length === 0) return [note('there is none yet')]
    const families = composeFamilies(io)
    // Looking makes no state.db.
    const isThere = await stat(join(folder, 'state.db')).then(
      () => true,
      () => false,
    )
    const records = isThere ? await composeRecords(io.places) : null
    try {
      const findings: DoctorFinding[] = []
      for (const agent of agents) {
        const block = records === null ? null : await records.state.blocks.blocked(agent)
        const { scope } = await createConfigSource({ home, agent, families }).snapshot()
        const ended = !isRefusal(scope) && scope.expiresAt !== null && io.now() >= scope.expiresAt
        if (block !== null) {
          findings.push(
            warning(
              `${agent} is stopped since ${new Date(block.since).toISOString()}: ${block.reason}`,
              `look at \`keyhand audit show --agent ${agent}\`, then \`keyhand agent unblock ${agent}\``,
            ),
          )
        }
        if (ended)
          findings.push(
            note(
              `the scope of ${agent} has ended`,
              `set a new \`expires\` in agents/${agent}.yaml`,
            ),
          )
        if (block === null && !ended) findings.push(good(`${agent} may call`))
        const [usual, ...others] = isRefusal(scope) ? [] : scope.profiles
        if (usual !== undefined) findings.push(note(profileText(agent, usual, others)))
      }
      return findings
    } finally {
      await records?.close()
    }
  },
}

function profileText(agent: string, usual: string, others: readonly string[]): string {
  const under = usual === NO_PROFILE ? 'the catalog as it stands' : `the profile ${usual}`
  const may = others.length === 0 ? '' : `; \`--profile\` may make it ${others.join(' or ')}`
  return `${agent} runs under ${under}${may}`
}
