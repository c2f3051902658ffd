import { describe, expect, it } from 'vitest'
import { fileHome } from '../support/command-line.ts'

const CATALOG = `version: 1
secrets:
  api_key: { provider: env, variable: REAL_KEY, tags: { environment: production } }
tools:
  shop: { type: http, base_url: "https://shop.example", auth: { type: bearer, token: api_key } }
profiles:
  dev:
    secrets: { api_key: { provider: file } }
`

describe('a secret under a profile', () => {
  it('is set and checked apart from the real one', async () => {
    const box = await fileHome(CATALOG)
    const stored = await box.run(['secret', 'set', 'api_key', '--profile', 'dev'], {
      stdin: 'ghp_7Hq2Vx9LmR4tYw8ZbN3kCfJd6PsGuE1aXo5B',
    })
    expect(stored).toMatchObject({
      code: 0,
      out: 'Stored api_key in the provider file (40 characters).\n',
    })
    const under = await box.run(['secret', 'check', 'api_key', '--profile', 'dev'])
    expect(under.out).toMatch(/^api_key +resolves +file /m)
    const real = await box.run(['secret', 'check', 'api_key'])
    expect(real.out).toMatch(/^api_key +secret_not_found +env /m)
  })

  it.each([
    [
      ['check', 'api_key', '--profile', 'dve'],
      'the catalog has no profile of the name that `--profile` says',
    ],
    [['set', 'other', '--profile', 'dev'], 'a profile cannot give a secret that the catalog lacks'],
  ])('is refused where there is none: %j', async (argv, message) => {
    const { code, err } = await (await fileHome(CATALOG)).run(['secret', ...argv])
    expect(code).toBe(2)
    expect(err).toContain(message)
  })
})

describe('keyhand can under a profile', () => {
  const SCOPE =
    'agent: tester\nprofiles: [dev]\ntools:\n  shop: { allow: [{ methods: [GET], paths: [/x] }] }\n'

  it('answers as a call would, and picks only what the scope file lists', async () => {
    const box = await fileHome(CATALOG)
    const { writeFileSync, mkdirSync } = await import('node:fs')
    mkdirSync(`${box.home}/agents`, { recursive: true, mode: 0o700 })
    writeFileSync(`${box.home}/agents/tester.yaml`, SCOPE)
    const can = ['can', 'tester', 'shop', 'GET', '/x']
    expect((await box.run(can)).out).toContain('allowed')
    expect((await box.run([...can, '--profile', 'dev'])).code).toBe(0)
    const none = await box.run([...can, '--profile', 'none'])
    expect(none.code).toBe(3)
    expect(none.out).toContain('agents/tester.yaml does not list the profile `none`')
  })
})
