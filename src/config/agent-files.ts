import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { AGENT_NAME } from '../core/agent.ts'
import { BrokerError } from '../core/errors.ts'
import type { ConfigProblem } from '../core/snapshot.ts'
import { codeOf } from './file-trace.ts'
import { AGENTS_FOLDER } from './home-layout.ts'
import { doubt, startOf } from './problem.ts'
import { shown } from './wording.ts'

/** The agents that have a scope file, sorted, and a warning for each file there that is none. */
export interface AgentFiles {
  readonly agents: readonly string[]
  readonly problems: readonly ConfigProblem[]
}

/** @throws BrokerError `config_invalid` where the folder cannot be listed; a folder that is not there has no agents. */
export async function listAgents(home: string): Promise<AgentFiles> {
  const names = await readdir(join(home, AGENTS_FOLDER)).catch((error: unknown) => {
    const code = codeOf(error)
    if (code === 'ENOENT') return []
    throw new BrokerError('config_invalid', `the folder ${AGENTS_FOLDER} cannot be read (${code})`)
  })
  const visible = names.filter((name) => !name.startsWith('.')).sort()
  const isScope = (name: string) => name.endsWith('.yaml') && AGENT_NAME.test(name.slice(0, -5))
  return {
    agents: visible.filter(isScope).map((name) => name.slice(0, -5)),
    problems: visible
      .filter((name) => !isScope(name))
      .map((name) =>
        doubt(
          startOf(AGENTS_FOLDER),
          `${shown(name)} is no scope file`,
          'name it `AGENT.yaml`, or move it away',
        ),
      ),
  }
}
