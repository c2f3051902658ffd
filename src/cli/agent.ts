import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { composeFamilies, composeRecords } from '../compose.ts'
import { createConfigSource } from '../config/config-source.ts'
import { AGENTS_FOLDER } from '../config/home-layout.ts'
import { AGENT_NAME } from '../core/agent.ts'
import { BrokerError } from '../core/errors.ts'
import { isRefusal } from '../core/refusal.ts'
import type { Scope } from '../core/snapshot.ts'
import { withRecord } from './admin-record.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { fileProblem } from './file-problem.ts'
import type { Io } from './io.ts'

/** `keyhand agent list`: each scope file of the home, and whether its agent is stopped. */
export async function agentList(io: Io): Promise<ExitCode> {
  const { home } = io.places
  const families = composeFamilies(io)
  const { state, close } = await composeRecords(io.places)
  const agents = []
  try {
    for (const name of await agentNames(home)) {
      const { scope } = await createConfigSource({ home, agent: name, families }).snapshot()
      const block = await state.blocks.blocked(name)
      agents.push({
        name,
        tools: isRefusal(scope) ? [] : [...scope.tools.keys()],
        problem: isRefusal(scope) ? scope.message : null,
        expires: isRefusal(scope) || scope.expiresAt === null ? null : timeText(scope.expiresAt),
        scope: isRefusal(scope) ? 'with a mistake' : scopeText(scope, io.now()),
        stopped_since: block === null ? null : timeText(block.since),
        stopped_for: block?.reason ?? null,
      })
    }
  } finally {
    await close()
  }
  if (agents.length === 0) io.say('No agent has a scope file yet: keyhand init --agent NAME')
  else if (!io.json) {
    const { tableText } = await import('./table.ts')
    const rows = agents.map(({ name, tools, scope, stopped_since, stopped_for }) => [
      name,
      scope,
      tools.join(', ') || '-',
      stopped_since === null ? '-' : `since ${stopped_since}: ${stopped_for}`,
    ])
    io.say(tableText(['AGENT', 'SCOPE FILE', 'TOOLS', 'STOPPED'], rows))
  }
  io.data({ agents: agents.map(({ scope: _, ...data }) => data) })
  return EXIT.ok
}

/** `keyhand agent unblock NAME`: ends a stop for probing. */
export async function agentUnblock(io: Io, name: string): Promise<ExitCode> {
  if (!AGENT_NAME.test(name)) {
    throw new BrokerError('usage', 'that cannot be the name of an agent', {
      fix: 'See `keyhand agent list`.',
    })
  }
  const { state, close } = await composeRecords(io.places)
  try {
    const block = await state.blocks.blocked(name)
    if (block !== null) {
      const change = { stopped_since: timeText(block.since), stopped_for: block.reason }
      await withRecord(io, { what: 'agent unblock', agent: name, change }, async () => {
        await state.blocks.unblock(name)
        return { result: null }
      })
      io.say(
        `${name} may call again. It was stopped since ${change.stopped_since}: ${block.reason}.`,
      )
      io.say(`What it did: keyhand audit show --agent ${name}`)
    } else io.say(`${name} was not stopped.`)
    io.data({
      agent: name,
      unblocked: block !== null,
      stopped_since: block === null ? null : timeText(block.since),
      stopped_for: block?.reason ?? null,
    })
    return EXIT.ok
  } finally {
    await close()
  }
}

async function agentNames(home: string): Promise<string[]> {
  const folder = join(home, AGENTS_FOLDER)
  try {
    const names = (await readdir(folder)).map((file) => /^(.+)\.yaml$/.exec(file)?.[1] ?? '')
    return names.filter((name) => AGENT_NAME.test(name)).sort()
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return []
    throw fileProblem(folder, thrown)
  }
}

function scopeText({ expiresAt }: Scope, now: number): string {
  if (expiresAt === null) return 'valid'
  return `${now >= expiresAt ? 'ended' : 'valid until'} ${timeText(expiresAt)}`
}

function timeText(ms: number): string {
  return new Date(ms).toISOString()
}
