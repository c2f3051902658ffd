import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type E2eHome, e2eHome } from '../support/e2e-home.ts'
import type { ClientEra } from '../support/mcp-clients.ts'

const CATALOG = `version: 1
secrets:
  k: { provider: keychain }
tools:
  api:
    type: http
    base_url: https://api.example.com
    auth: { type: bearer, token: k }
`
const SCOPE = 'agent: tester\ntools:\n  api:\n    allow: [{ methods: [GET], paths: [/**] }]\n'

const homes: E2eHome[] = []
afterEach(() => {
  for (const home of homes.splice(0)) home.remove()
})

function homeWith(files: Readonly<Record<string, string>>, env = {}): E2eHome {
  const home = e2eHome({ files, env })
  homes.push(home)
  return home
}

describe.each<ClientEra>(['legacy', 'modern', 'auto'])('a %s client that only looks', (era) => {
  let bus: Server
  let folder: string
  let rings = 0
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'keyhand-bus-'))
    bus = createServer((socket) => {
      rings += 1
      socket.destroy()
    })
    await new Promise<void>((done) => bus.listen(join(folder, 'bus'), done))
  })
  afterAll(() => {
    bus.close()
    rmSync(folder, { recursive: true })
  })

  it('leaves no trace: no record, no state, no keychain read', async () => {
    rings = 0
    const home = homeWith(
      { 'keyhand.yaml': CATALOG, 'agents/tester.yaml': SCOPE },
      { DBUS_SESSION_BUS_ADDRESS: `unix:path=${join(folder, 'bus')}` },
    )
    const client = await home.connect('tester', era)
    expect((await client.listTools()).map(({ name }) => name)).toEqual(['api', 'keyhand_scope'])
    await client.callTool('keyhand_scope')
    await client.close()
    expect(client.stderr()).toBe('')
    expect(existsSync(home.state) ? readdirSync(home.state) : []).toEqual(
      existsSync(home.state) ? ['compile-cache'] : [],
    )
    expect(rings).toBe(0)
    expect(readdirSync(home.home).sort()).toEqual(['agents', 'keyhand.yaml'])
  })
})

describe.each<ClientEra>(['legacy', 'modern'])('with a %s client, a server', (era) => {
  it.each([
    ['whose agent has no scope file', { 'keyhand.yaml': CATALOG }, 'agents/tester.yaml'],
    ['without any file', {}, 'keyhand init'],
    [
      'whose scope file is broken',
      { 'keyhand.yaml': CATALOG, 'agents/tester.yaml': `${SCOPE}  x: [` },
      'agents/tester.yaml:',
    ],
    [
      'whose catalog is broken',
      { 'keyhand.yaml': 'version: 2\n', 'agents/tester.yaml': SCOPE },
      'keyhand.yaml:1:10',
    ],
    [
      'whose guardrail is broken',
      {
        'keyhand.yaml': CATALOG,
        'agents/tester.yaml': SCOPE,
        'policies/a.cedar': 'permit(principal, action, resource);',
      },
      'policies/a.cedar:1:1',
    ],
  ])(
    '%s still starts, lists only keyhand_scope, and says what its human must do',
    async (_, files, said) => {
      const home = homeWith(files)
      const client = await home.connect('tester', era)
      try {
        expect((await client.listTools()).map(({ name }) => name)).toEqual(['keyhand_scope'])
        const { isError, structured } = await client.callTool('keyhand_scope')
        expect(isError).toBe(false)
        expect(structured).toMatchObject({ agent: 'tester' })
        expect(JSON.stringify(structured?.['problems'])).toContain(said)
        const answer = await client.callTool('api', { method: 'GET', path: '/' })
        expect(answer).toMatchObject({ isError: true, structured: null })
        expect(answer.text).toContain(said)
      } finally {
        await client.close()
      }
    },
  )
})

describe('a server whose state cannot be used', () => {
  it.each<[string, (state: string) => void]>([
    [
      'is damaged',
      (state) => writeFileSync(join(state, 'state.db'), 'no database at all'.repeat(500)),
    ],
    ['others can write', (state) => chmodSync(state, 0o777)],
    ['is a file where the trail belongs', (state) => writeFileSync(join(state, 'audit'), '')],
  ])('because it %s performs nothing, and says what to do', async (_, spoil) => {
    const home = homeWith(
      {
        'keyhand.yaml': CATALOG.replace('keychain', 'env, variable: K'),
        'agents/tester.yaml': SCOPE,
      },
      { K: 'Vq3-Zt8KxWm5Rp2NsYh7Lj4G' },
    )
    mkdirSync(home.state, { mode: 0o700 })
    spoil(home.state)
    const client = await home.connect('tester', 'modern')
    try {
      expect((await client.listTools()).map(({ name }) => name)).toEqual(['api', 'keyhand_scope'])
      const answer = await client.callTool('api', { method: 'GET', path: '/' })
      expect(answer).toMatchObject({ isError: true, structured: null })
      expect(answer.text).toContain('(unavailable): nothing was performed')
      expect(answer.text).toContain('fix: ')
    } finally {
      await client.close()
    }
  })
})

describe.each<ClientEra>(['legacy', 'modern'])('the example home, with a %s client', (era) => {
  it('is listed as the golden file has it', async () => {
    const state = homeWith({})
    const example = resolve(import.meta.dirname, '../../examples/home')
    const client = await state.connect('example', era, { KEYHAND_HOME: example })
    const tools = await client.listTools()
    const scope = (await client.callTool('keyhand_scope')).structured
    await client.close()
    await expect(
      `${JSON.stringify({ tools, keyhand_scope: scope }, null, 2)}\n`,
    ).toMatchFileSnapshot(`../golden/e2e/example-home.${era}.json`)
  })
})
