import { describe, expect, it } from 'vitest'
import type { CallAnswer } from '../../src/broker/call.ts'
import { BrokerError } from '../../src/core/errors.ts'
import type { Json } from '../../src/core/json.ts'
import type { SecretStore } from '../../src/providers/provider.ts'
import { HEX, randomLike } from '../minted/samples.ts'
import { type BrokerWorld, brokerWorld, CATALOG, done } from '../support/broker-world.ts'

const READ = { verb: 'read' }
const TOKEN = randomLike(40)
const OTHER = randomLike(40, HEX, 'other')

/** A world whose `api` tool answers with this body, and whose provider keeps what is stored. */
async function minting(body: Json, minted?: string, store?: Partial<SecretStore>) {
  const written: { name: string; recorded: readonly string[] }[] = []
  let world: BrokerWorld | null = null
  const memory: SecretStore = {
    async put(_, value, { name }) {
      const kinds = (await world?.records())?.map(({ kind }) => kind) ?? []
      written.push({ name, recorded: kinds })
      world?.values.set(name, { value: value.reveal(), version: '2' })
      return '2'
    },
    remove: async () => false,
    ...store,
  }
  world = await brokerWorld({ provider: { store: memory } })
  const api = minted === undefined ? 'key: key' : `key: key, minted: ${minted}`
  await world.writeCatalog(CATALOG.replace('{ type: fake, key: key }', `{ type: fake, ${api} }`))
  world.perform = async (_, call) => {
    const { value, notes } = await call.redaction.mintedJson(call.redaction.json(body), true)
    return done({ body: value, notes })
  }
  return { world, written }
}

function bodyOf(answer: CallAnswer): { body: Json; notes: string[] } {
  if (answer.kind !== 'performed') return expect.fail(JSON.stringify(answer))
  return answer.result.structured['body'] as unknown as { body: Json; notes: string[] }
}

async function outcomeOf(world: BrokerWorld) {
  const outcomes = (await world.records()).filter(({ kind }) => kind === 'outcome')
  return outcomes.at(-1) ?? expect.fail()
}

describe('a credential that nobody registered', () => {
  it('is withheld where the catalog says nothing, and counted', async () => {
    const { world } = await minting({ access_token: TOKEN, token_type: 'Bearer' })
    const answer = bodyOf(await world.call('api', READ))
    expect(answer.body).toEqual({
      access_token: '[withheld: looks like a token]',
      token_type: 'Bearer',
    })
    expect(answer.notes).toEqual([
      'a value is withheld: a token; a human can say otherwise with `minted` at this tool in keyhand.yaml',
    ])
    expect((await outcomeOf(world)).minted).toEqual({ withheld: 1, stored: [] })
    expect(JSON.stringify(await world.records())).not.toContain(TOKEN)
  })

  it('is known from then on, in any encoding and to any tool', async () => {
    const { world } = await minting({ access_token: TOKEN })
    await world.call('api', READ)
    world.perform = async (_, call) =>
      done({ text: call.redaction.text(`${Buffer.from(TOKEN).toString('hex')} ${TOKEN}`) })
    const answer = await world.call('api', READ)
    expect(answer).toMatchObject({
      result: {
        structured: { body: { text: '[secret keyhand_minted] [secret keyhand_minted]' } },
      },
    })
    expect(await world.call('api', { ...READ, note: TOKEN })).toMatchObject({
      kind: 'refused',
      refusal: { reason: 'input_holds_secret' },
    })
  })

  it('that an agent may well know puts no word into the registry', async () => {
    const { world } = await minting({ password: 'main-branch1' })
    expect(bodyOf(await world.call('api', READ)).body).toEqual({
      password: '[withheld: looks like a password]',
    })
    expect(await world.call('api', { ...READ, note: 'main-branch1' })).toMatchObject({
      kind: 'performed',
    })
  })

  it('is let through where the catalog says so, and not counted', async () => {
    const { world } = await minting({ access_token: TOKEN }, 'allow')
    expect(bodyOf(await world.call('api', READ))).toEqual({
      body: { access_token: TOKEN },
      notes: [],
    })
    expect(await outcomeOf(world)).not.toHaveProperty('minted')
  })

  it('withholds the whole answer where there are too many, and the record says so', async () => {
    const many = Array.from({ length: 600 }, (_, at) => ({ token: randomLike(40, HEX, `${at}`) }))
    const { world } = await minting(many)
    expect(await world.call('api', READ)).toMatchObject({
      kind: 'failed',
      error: {
        code: 'redaction_failed',
        message: 'the call was performed, and its answer is withheld: it could not be redacted',
      },
    })
    expect(await outcomeOf(world)).toMatchObject({ error: { code: 'redaction_failed' } })
  })
})

describe('a credential that is to be stored', () => {
  it('is stored after the intent, under its name, and never shown', async () => {
    const { world, written } = await minting({ token: TOKEN }, '{ store: other }')
    const answer = bodyOf(await world.call('api', READ))
    expect(answer).toEqual({
      body: { token: '[secret other]' },
      notes: [
        'a credential in this answer is stored as the secret `other`: tools that use it have it from now on',
      ],
    })
    expect(world.values.get('other')?.value).toBe(TOKEN)
    expect(written).toMatchObject([{ name: 'other' }])
    expect(written[0]?.recorded).toContain('intent')
    expect(written[0]?.recorded).not.toContain('outcome')
    expect((await outcomeOf(world)).minted).toEqual({ withheld: 0, stored: ['other'] })
  })

  it('is the one at the pointer; others are withheld', async () => {
    const { world } = await minting(
      { id: 'plain-looking-value', deploy: [{ key: 'plain-looking-text' }], refresh_token: TOKEN },
      '{ store: other, field: /deploy/0/key }',
    )
    expect(bodyOf(await world.call('api', READ)).body).toEqual({
      id: 'plain-looking-value',
      deploy: [{ key: '[secret other]' }],
      refresh_token: '[withheld: looks like a token]',
    })
    expect(world.values.get('other')?.value).toBe('plain-looking-text')
    expect((await outcomeOf(world)).minted).toEqual({ withheld: 1, stored: ['other'] })
  })

  it.each<[string, Json, string]>([
    ['two', { access_token: TOKEN, refresh_token: OTHER }, '{ store: other }'],
    ['none at the pointer', { access_token: TOKEN }, '{ store: other, field: /token }'],
    [
      'one that is too short',
      { token: 'ok', access_token: TOKEN },
      '{ store: other, field: /token }',
    ],
  ])('is not stored where the answer holds %s', async (_, body, minted) => {
    const { world, written } = await minting(body, minted)
    const answer = bodyOf(await world.call('api', READ))
    expect(written).toEqual([])
    expect(answer.notes[0]).toContain('nothing is stored as `other`')
    expect(JSON.stringify(answer)).not.toContain(TOKEN)
    expect(JSON.stringify(answer)).not.toContain(OTHER)
  })

  it('is withheld where storing fails, and the answer and the record say why', async () => {
    const { world } = await minting({ token: TOKEN }, '{ store: other }', {
      async put() {
        throw new BrokerError('secret_locked', 'the keychain is locked')
      },
    })
    const answer = bodyOf(await world.call('api', READ))
    expect(answer.body).toEqual({ token: '[withheld: looks like a token]' })
    expect(answer.notes[0]).toBe(
      'the credential could not be stored as `other`, and is withheld: the keychain is locked',
    )
    expect((await outcomeOf(world)).minted).toEqual({
      withheld: 1,
      stored: [],
      error: 'secret_locked',
    })
  })

  it.each<[string, string, string]>([
    [
      'a secret that is not there',
      '{ store: nothing }',
      'there is no secret `nothing` in the catalog',
    ],
    ['another word', 'keep', 'must be `withhold`, `allow`, or `{ store: NAME }`'],
    ['no pointer', '{ store: other, field: token }', 'must be a JSON Pointer'],
  ])('refuses the tool whose catalog entry says %s', async (_, minted, message) => {
    const { world } = await minting({}, minted)
    const answer = await world.call('api', READ)
    expect(answer).toMatchObject({ kind: 'refused', refusal: { reason: 'config_error' } })
    expect(JSON.stringify(answer)).toContain(message)
    expect(world.performed).toEqual([])
  })

  it('refuses the tool whose secret keyhand can only read', async () => {
    const world = await brokerWorld()
    await world.writeCatalog(
      CATALOG.replace(
        '{ type: fake, key: key }',
        '{ type: fake, key: key, minted: { store: other } }',
      ),
    )
    expect(JSON.stringify(await world.call('api', READ))).toContain(
      'the secret `other` cannot be stored: keyhand only reads from `memory`',
    )
  })
})
