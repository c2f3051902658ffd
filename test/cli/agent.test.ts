import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { composeRecords } from '../../src/compose.ts'
import { CATALOG, containing, fileHome, type Sandbox, write } from '../support/command-line.ts'

const SINCE = Date.parse('2026-03-04T05:06:07Z')
const REASON = '3 inputs in an hour held a value of a secret or a part of one'

async function agents(): Promise<Sandbox> {
  const box = await fileHome(CATALOG)
  const rules = 'tools:\n  shop:\n    allow: [{ methods: [GET], paths: [/orders] }]\n'
  write(box, 'agents/claude-code.yaml', `agent: claude-code\nexpires: 2099-12-31\n${rules}`)
  write(box, 'agents/cursor.yaml', `agent: cursor\nexpires: 2020-12-31\n${rules}`)
  write(box, 'agents/broken.yaml', 'agent: other\n')
  write(box, 'agents/notes.txt', 'no scope file')
  return box
}

async function stop({ home, state }: Sandbox, agent: string): Promise<void> {
  const records = await composeRecords({ home, state })
  await records.state.blocks.block(agent, REASON, SINCE)
  await records.close()
}

describe('keyhand agent list', () => {
  it('says of each agent what its scope file is, its tools, and whether it is stopped', async () => {
    const box = await agents()
    await stop(box, 'cursor')
    const { code, out } = await box.run(['agent', 'list'])
    expect(code).toBe(0)
    expect(out).toBe(
      'AGENT        SCOPE FILE                            TOOLS  STOPPED\n' +
        'broken       with a mistake                        -      -\n' +
        'claude-code  valid until 2100-01-01T00:00:00.000Z  shop   -\n' +
        `cursor       ended 2021-01-01T00:00:00.000Z        shop   since 2026-03-04T05:06:07.000Z: ${REASON}\n`,
    )
  })

  it('prints the same as data', async () => {
    const box = await agents()
    await stop(box, 'cursor')
    const { data } = await box.json(['agent', 'list'])
    expect(data).toMatchObject({
      agents: [
        { name: 'broken', tools: [], problem: containing('agents/broken.yaml:1:1') },
        { name: 'claude-code', tools: ['shop'], problem: null, stopped_since: null },
        { name: 'cursor', stopped_since: '2026-03-04T05:06:07.000Z', stopped_for: REASON },
      ],
    })
  })

  it('says how to make the first', async () => {
    const { out } = await (await fileHome()).run(['agent', 'list'])
    expect(out).toBe('No agent has a scope file yet: keyhand init --agent NAME\n')
  })
})

describe('keyhand agent unblock', () => {
  it('lets a stopped agent call again, and records who was let go and why it was stopped', async () => {
    const box = await agents()
    await stop(box, 'cursor')
    const { code, out } = await box.run(['agent', 'unblock', 'cursor'], { answers: [] })
    expect(code).toBe(0)
    expect(out).toContain('cursor may call again. It was stopped since 2026-03-04T05:06:07.000Z')
    const after = await box.json(['agent', 'list'])
    expect(after.data).toMatchObject({ agents: [{}, {}, { name: 'cursor', stopped_since: null }] })
    expect(box.records().filter(({ kind }) => kind === 'admin')).toMatchObject([
      {
        agent: 'cursor',
        reason: 'agent unblock',
        change: { step: 'begun', stopped_for: REASON, terminal: true },
      },
      { agent: 'cursor', change: { step: 'done' } },
    ])
  })

  it('says in the record that nobody sat at a terminal: an agent with a shell can run it too', async () => {
    const box = await agents()
    await stop(box, 'claude-code')
    await box.run(['agent', 'unblock', 'claude-code'])
    expect(box.records().at(-1)).toMatchObject({
      agent: 'claude-code',
      change: { what: 'agent unblock', step: 'done', terminal: false },
    })
  })

  it('clears nothing where the trail cannot be written', async () => {
    const box = await agents()
    await stop(box, 'cursor')
    writeFileSync(`${box.state}/audit`, 'no folder')
    const { code, err } = await box.run(['agent', 'unblock', 'cursor'])
    expect({ code, err }).toMatchObject({
      code: 4,
      err: containing('the trail cannot be written'),
    })
    const { data } = await box.json(['agent', 'list'])
    expect(data).toMatchObject({ agents: [{}, {}, { stopped_for: REASON }] })
  })

  it('changes and records nothing for an agent that was not stopped', async () => {
    const box = await agents()
    const { code, out } = await box.run(['agent', 'unblock', 'cursor'])
    expect({ code, out }).toEqual({ code: 0, out: 'cursor was not stopped.\n' })
    expect(box.records()).toEqual([])
  })
})
