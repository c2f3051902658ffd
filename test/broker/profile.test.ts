import { describe, expect, it } from 'vitest'
import { brokerWorld, CATALOG } from '../support/broker-world.ts'

const READ = { verb: 'read' }

describe('a call under a profile', () => {
  it('uses what the profile gives, and each record names the profile', async () => {
    const world = await brokerWorld()
    await world.writeCatalog(
      `${CATALOG}profiles:\n  dev: { secrets: { key: { provider: memory, cache: 1m } } }\n`,
    )
    await world.writeScope(
      'agent: tester\nprofiles: [dev]\ntools:\n  api: { allow: [{ verbs: [read] }] }\n',
    )
    expect(await world.call('api', READ)).toMatchObject({ kind: 'performed' })
    expect(await world.call('api', { verb: 'write' })).toMatchObject({ kind: 'refused' })
    const records = (await world.records()).filter(({ call }) => call !== undefined)
    expect(records.map(({ kind, profile }) => [kind, profile])).toEqual([
      ['intent', 'dev'],
      ['outcome', 'dev'],
      ['refused', 'dev'],
    ])
  })

  it('with a secret for production is refused before anything is fetched', async () => {
    const world = await brokerWorld()
    const real = CATALOG.replace(
      'key: { provider: memory }',
      'key: { provider: memory, tags: { environment: production } }',
    )
    await world.writeCatalog(`${real}profiles:\n  dev: {}\n`)
    await world.writeScope(
      'agent: tester\nprofiles: [dev]\ntools:\n  api: { allow: [{ verbs: [read] }] }\n',
    )
    expect(await world.call('api', READ)).toMatchObject({
      kind: 'refused',
      refusal: { reason: 'config_error', fix: 'give it another value in `profiles.dev.secrets`' },
    })
    expect(world.fetches).toEqual([])
  })

  it('that the catalog no longer has is refused', async () => {
    const world = await brokerWorld()
    await world.writeScope(
      'agent: tester\nprofiles: [dev]\ntools:\n  api: { allow: [{ verbs: [read] }] }\n',
    )
    expect(await world.call('api', READ)).toMatchObject({
      kind: 'refused',
      refusal: { reason: 'config_error' },
    })
  })
})

describe('a rule that asks for tags', () => {
  const scope =
    'agent: tester\ntools:\n  api: { allow: [{ verbs: [read], secrets: { tags: { environment: [staging] } } }] }\n'

  it('follows the catalog: a secret that becomes one for production is no longer this agent’s', async () => {
    const world = await brokerWorld()
    const tagged = (value: string) =>
      CATALOG.replace(
        'key: { provider: memory }',
        `key: { provider: memory, tags: { environment: ${value} } }`,
      )
    await world.writeScope(scope)
    await world.writeCatalog(tagged('staging'))
    expect(await world.call('api', READ)).toMatchObject({ kind: 'performed' })
    await world.writeCatalog(tagged('production'))
    expect(await world.call('api', READ)).toMatchObject({
      kind: 'refused',
      refusal: { reason: 'no_rule' },
    })
  })
})

describe('the record of a changed catalog', () => {
  it('compares what it defines under a profile with the same profile, and no line moves by moving', async () => {
    const world = await brokerWorld()
    const base = `${CATALOG}profiles:\n  dev: { secrets: { key: { provider: memory, cache: 1m } } }\n`
    const scope = 'tools:\n  api: { allow: [{ verbs: [read] }] }\n'
    await world.writeCatalog(base)
    await world.writeScope(`agent: tester\n${scope}`)
    await world.call('api', READ)
    await world.writeScope(`agent: tester\nprofiles: [dev]\n${scope}`)
    await world.call('api', READ)
    await world.writeCatalog(base.replace('secrets:\n', '# moved\nsecrets:\n'))
    await world.call('api', READ)
    const changes = (await world.records())
      .filter(({ kind, change }) => kind === 'config' && change?.['file'] === 'keyhand.yaml')
      .map(({ profile, change }) => [profile, [change?.['added']].flat().length])
    expect(changes).toEqual([
      [undefined, 4],
      ['dev', 4],
      ['dev', 0],
    ])
  })
})
