import { describe, expect, it } from 'vitest'
import { type BrokerWorld, brokerWorld, done } from '../support/broker-world.ts'

const PIN = '4711'
const PASSWORD = 'kh-other-7Hq2LmZ0wX'

/** What an upstream says that was sent a PIN, and knows a password that is redacted in full. */
const ECHO = {
  word: `your pin is ${PIN}.`,
  number: Number(PIN),
  total: 147110,
  orders: [`A${PIN}B`, `order_${PIN}`],
  pinEncoded: Buffer.from(`<${PIN}>`).toString('base64'),
  encoded: Buffer.from(PASSWORD).toString('base64'),
  hex: Buffer.from(PASSWORD).toString('hex'),
}

/** What holds of it whatever is said of the PIN. */
const HONEST = { total: 147110, orders: ECHO.orders, pinEncoded: ECHO.pinEncoded }
const PASSWORD_REMOVED = { encoded: '[secret other]', hex: '[secret other]' }

/** A world whose secret `key` is a PIN, with these fields besides its provider; `watch` holds for the PIN alone. */
async function pinWorld(fields: string, more = ''): Promise<BrokerWorld> {
  const world = await brokerWorld()
  world.values.set('key', { value: PIN, version: '1' })
  await world.writeCatalog(catalogOf(fields, more))
  await world.writeScope(`agent: tester
tools:
  api: { allow: [{ verbs: [read] }] }
  spare: { allow: [{ verbs: [read] }] }
`)
  world.perform = async (_, call) => done(call.redaction.json(ECHO))
  return world
}

const catalogOf = (fields: string, more = '') => `version: 1
secrets:
  key: { provider: memory${fields} }
  other: { provider: memory, watch: always }
tools:
  api: { type: fake, key: key }
  spare: { type: fake, key: other }
${more}`

async function said(world: BrokerWorld, tool = 'api'): Promise<unknown> {
  const answer = await world.call(tool, { verb: 'read' })
  if (answer.kind !== 'performed') throw new Error(`it was ${answer.kind}`)
  return answer.result.structured['body']
}

describe('a PIN', () => {
  it('with `redact: exact-word` goes as a word, and stays inside of numbers and order ids', async () => {
    expect(await said(await pinWorld(', redact: exact-word'))).toEqual({
      ...HONEST,
      ...PASSWORD_REMOVED,
      word: 'your pin is [secret key].',
      number: '[secret key]',
    })
  })

  it('with `redact: off` passes, while what is redacted in full does not', async () => {
    expect(await said(await pinWorld(', redact: off'))).toEqual({ ...ECHO, ...PASSWORD_REMOVED })
  })

  it('is redacted in full where the catalog says nothing', async () => {
    expect(await said(await pinWorld(''))).toMatchObject({
      ...PASSWORD_REMOVED,
      word: 'your pin is [secret key].',
      number: '[secret key]',
      orders: ['A[secret key]B', 'order_[secret key]'],
    })
  })

  it.each(['exact-word', 'off'])('with `redact: %s` may stand in an input', async (word) => {
    const world = await pinWorld(`, redact: ${word}`)
    await said(world)
    const answer = await world.call('api', { verb: 'read', note: `order ${PIN}` })
    expect(answer.kind).toBe('performed')
    const other = await world.call('api', { verb: 'read', note: PASSWORD })
    expect(other.kind).toBe('refused')
  })

  it('that is watched is known to other tools’ answers as the catalog says', async () => {
    const world = await pinWorld(', redact: exact-word, watch: always')
    expect(await said(world, 'spare')).toEqual({
      ...HONEST,
      ...PASSWORD_REMOVED,
      word: 'your pin is [secret key].',
      number: '[secret key]',
    })
  })

  it('that a profile gives is redacted as the profile says', async () => {
    const world = await pinWorld(
      '',
      'profiles: { dev: { secrets: { key: { provider: memory, redact: off } } } }\n',
    )
    await world.writeScope(`agent: tester
profiles: [dev]
tools: { api: { allow: [{ verbs: [read] }] }, spare: { allow: [{ verbs: [read] }] } }
`)
    expect(await said(world)).toMatchObject({ word: ECHO.word, ...PASSWORD_REMOVED })
  })

  it('whose redaction the catalog relaxes is named so in the record of that change', async () => {
    const world = await pinWorld('')
    await said(world)
    await world.writeCatalog(catalogOf(', redact: off'))
    await said(world)
    const change = (await world.records()).findLast(({ kind }) => kind === 'config')?.change
    expect(change).toMatchObject({
      file: 'keyhand.yaml',
      added: [expect.stringMatching(/^secret key \(redact: off\) [0-9a-f]{16}$/)],
      removed: [expect.stringMatching(/^secret key [0-9a-f]{16}$/)],
    })
  })

  it('is redacted in full from the next call on where the catalog becomes stricter, and not less where it becomes laxer', async () => {
    const world = await pinWorld(', redact: off, cache: 1h')
    expect(await said(world)).toMatchObject({ word: ECHO.word })
    await world.writeCatalog(catalogOf(', cache: 1h'))
    expect(await said(world)).toMatchObject({ word: 'your pin is [secret key].' })
    await world.writeCatalog(catalogOf(', redact: off, cache: 1h'))
    expect(await said(world)).toMatchObject({ word: 'your pin is [secret key].' })
  })
})
