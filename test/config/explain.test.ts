import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { listAgents } from '../../src/config/agent-files.ts'
import { createConfigSource } from '../../src/config/config-source.ts'
import { explainScope } from '../../src/config/explain.ts'
import { problemText } from '../../src/config/problem.ts'
import { CATALOG, configHome, SCOPE } from '../support/config-home.ts'
import { fakeFamilies } from '../support/fake-families.ts'

const explained = async (files: Readonly<Record<string, string>>) => {
  const source = createConfigSource({
    home: configHome(files),
    agent: 'claude-code',
    families: fakeFamilies,
  })
  return explainScope(await source.snapshot())
}

describe('a scope in words', () => {
  it('says of each rule what it lets through, what it leaves open, and what it asks for', async () => {
    expect(await explained({ 'keyhand.yaml': CATALOG, 'agents/claude-code.yaml': SCOPE })).toEqual({
      agent: 'claude-code',
      expires: '2027-04-01T00:00:00.000Z',
      profiles: [],
      refusals: [],
      tools: [
        {
          name: 'github',
          type: 'fake-api',
          description: 'GitHub REST API',
          allow: [
            { id: 'agents/claude-code.yaml:6:9', line: 'GET /user, /repos/acme/site/** any query' },
            {
              id: 'agents/claude-code.yaml:8:9',
              line: 'POST /repos/acme/site/issues any query, needs a human, 10/hour',
            },
          ],
          deny: [
            {
              id: 'agents/claude-code.yaml:13:9',
              line: 'any method /repos/acme/site/secrets any query',
            },
          ],
          limits: ['100/hour', '5/minute'],
          problem: null,
        },
        {
          name: 'plain',
          type: 'fake-api',
          description: null,
          allow: [
            { id: 'agents/claude-code.yaml:16:13', line: 'ANY /** no query' },
            { id: 'agents/claude-code.yaml:16:58', line: 'GET /x any query' },
          ],
          deny: [],
          limits: [],
          problem: null,
        },
      ],
    })
  })

  it('says what stands in the way of a tool, and of all', async () => {
    const broken = CATALOG.replace('base_url: https://example.com', 'base_url: here')
    const { tools } = await explained({ 'keyhand.yaml': broken, 'agents/claude-code.yaml': SCOPE })
    expect(tools.map(({ name, type, problem }) => [name, type, problem?.message ?? null])).toEqual([
      ['github', 'fake-api', null],
      ['plain', null, 'keyhand.yaml:19:15 `base_url` must be a URL'],
    ])
    const none = await explained({})
    expect(none.refusals.map(({ reason }) => reason)).toEqual(['config_error', 'no_scope'])
    expect(none.tools).toEqual([])
  })
})

describe('the agents of a home', () => {
  it('are its scope files, and what is none is named', async () => {
    const home = configHome({
      'agents/cursor.yaml': '',
      'agents/claude-code.yaml': '',
      'agents/Claude.yaml': '',
      'agents/codex.yml': '',
      'agents/.swp': '',
    })
    const { agents, problems } = await listAgents(home)
    expect(agents).toEqual(['claude-code', 'cursor'])
    expect(problems.map(problemText)).toEqual([
      'agents:1:1 `Claude.yaml` is no scope file; name it `AGENT.yaml`, or move it away',
      'agents:1:1 `codex.yml` is no scope file; name it `AGENT.yaml`, or move it away',
    ])
    expect(await listAgents(join(home, 'nowhere'))).toEqual({ agents: [], problems: [] })
  })

  it('cannot be told where the folder is a file', async () => {
    const home = configHome({ agents: 'x' })
    chmodSync(join(home, 'agents'), 0o644)
    await expect(listAgents(home)).rejects.toMatchObject({
      code: 'config_invalid',
      message: 'the folder agents cannot be read (ENOTDIR)',
    })
  })
})
