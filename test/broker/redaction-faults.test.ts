import { describe, expect, it } from 'vitest'
import type { CallAnswer } from '../../src/broker/call.ts'
import { BrokerError } from '../../src/core/errors.ts'
import { createRedactor, type RedactionStep } from '../../src/redaction/redactor.ts'
import { randomLike } from '../minted/samples.ts'
import {
  type BrokerWorld,
  brokerWorld,
  CATALOG,
  done,
  KEY,
  SCOPE,
} from '../support/broker-world.ts'

const READ = { verb: 'read' }
const MINTED = randomLike(40)

/** A world whose redactor fails at a step from when `broken.at` names it, with an error that holds the value. */
async function breakable(): Promise<{ world: BrokerWorld; broken: { at: RedactionStep | null } }> {
  const broken: { at: RedactionStep | null } = { at: null }
  const redactor = createRedactor({
    fault: (step) => {
      if (step === broken.at) throw new TypeError(`no room for ${KEY}`)
    },
  })
  return { world: await brokerWorld({ redactor }), broken }
}

/** What the tool does of each step of the redactor, with a text that holds the value. */
const ECHOES: Readonly<
  Partial<Record<RedactionStep, (call: Parameters<BrokerWorld['perform']>[1]) => unknown>>
> = {
  text: ({ redaction }) => redaction.text(`the key is ${KEY}`),
  json: ({ redaction }) => redaction.json({ key: KEY }),
  bytes: ({ redaction }) => Buffer.from(redaction.bytes(Buffer.from(KEY))).toString('utf8'),
  push: ({ redaction }) => redaction.stream().push(KEY),
  end: ({ redaction }) => {
    const stream = redaction.stream()
    return stream.push(KEY) + stream.end()
  },
}

async function outcomes(world: BrokerWorld) {
  return (await world.records()).filter(({ kind }) => kind === 'outcome')
}

function errorOf(answer: CallAnswer): BrokerError {
  return answer.kind === 'failed' ? answer.error : expect.fail(JSON.stringify(answer))
}

async function showsNothing(world: BrokerWorld, answer: unknown): Promise<void> {
  const text = answer instanceof BrokerError ? `${answer.message} ${answer.fix}` : answer
  for (const value of [KEY, MINTED, 'no room']) {
    expect(JSON.stringify(text)).not.toContain(value)
    expect(JSON.stringify(await world.records())).not.toContain(value)
  }
}

describe('a fault of the redactor', () => {
  it.each(Object.entries(ECHOES))(
    'at `%s` withholds the answer, and the record of what was done stays',
    async (step, echo) => {
      const { world, broken } = await breakable()
      world.perform = async (_, call) => {
        broken.at = step as RedactionStep
        const echoed = echo(call)
        return done({ echoed })
      }
      const error = errorOf(await world.call('api', READ))
      expect(error).toMatchObject({
        code: 'redaction_failed',
        message: 'the call was performed, and its answer is withheld: it could not be redacted',
      })
      expect(world.performed).toHaveLength(1)
      expect(await outcomes(world)).toMatchObject([{ error: { code: 'redaction_failed' } }])
      await showsNothing(world, error)
    },
  )

  it('in one call leaves the next alone', async () => {
    const { world, broken } = await breakable()
    world.perform = async (_, call) => done({ echo: call.redaction.text(KEY) })
    broken.at = 'text'
    errorOf(await world.call('api', READ))
    broken.at = null
    expect(await world.call('api', READ)).toMatchObject({
      result: { structured: { body: { echo: '[secret key]' } } },
    })
  })

  it('where an input is looked at performs nothing', async () => {
    const { world, broken } = await breakable()
    await world.call('api', READ)
    broken.at = 'input'
    const answer = await world.call('api', { verb: 'read', note: 'x' })
    expect(answer.kind).not.toBe('performed')
    expect(world.performed).toHaveLength(1)
    await showsNothing(world, answer.kind === 'failed' ? answer.error : answer)
  })

  it('where a fetched value is registered performs nothing with it', async () => {
    const { world, broken } = await breakable()
    broken.at = 'register'
    const error = errorOf(await world.call('api', READ))
    expect(error.code).toBe('redaction_failed')
    expect(world.performed).toEqual([])
    expect(await outcomes(world)).toMatchObject([{ error: { code: 'redaction_failed' } }])
    await showsNothing(world, error)
  })

  it('where a watched value is registered names it in the record', async () => {
    const { world, broken } = await breakable()
    const watched = 'other: { provider: memory, watch: always }'
    await world.writeScope(
      SCOPE.replace('tools:\n', 'tools:\n  spare:\n    allow:\n      - verbs: [read]\n'),
    )
    // Its own value is registered before the redactor breaks.
    await world.writeCatalog(CATALOG)
    await world.call('api', READ)
    await world.writeCatalog(CATALOG.replace('other: { provider: memory }', watched))
    broken.at = 'register'
    const answer = await world.call('api', READ)
    await showsNothing(world, answer.kind === 'failed' ? answer.error : answer)
    const last = (await outcomes(world)).at(-1)
    expect(last?.unwatched ?? last?.error).toEqual(['other'])
  })

  it('where a minted value is registered withholds the answer', async () => {
    const { world, broken } = await breakable()
    world.perform = async (_, call) => {
      broken.at = 'register'
      const { value } = await call.redaction.mintedJson({ access_token: MINTED }, true)
      return done({ body: value })
    }
    const error = errorOf(await world.call('api', READ))
    expect(error.code).toBe('redaction_failed')
    expect(await outcomes(world)).toMatchObject([{ error: { code: 'redaction_failed' } }])
    await showsNothing(world, error)
  })

  it('where an error is redacted withholds what it said', async () => {
    const { world, broken } = await breakable()
    world.perform = async () => {
      broken.at = 'text'
      throw new BrokerError('upstream_invalid', `the upstream said ${KEY}`)
    }
    const error = errorOf(await world.call('api', READ))
    expect(error).toMatchObject({
      code: 'redaction_failed',
      message: 'the call failed, and why is withheld: it could not be redacted',
    })
    await showsNothing(world, error)
  })

  it('where progress is redacted sends none', async () => {
    const { world, broken } = await breakable()
    const sent: string[] = []
    world.perform = async (_, call) => {
      broken.at = 'text'
      call.progress(`now with ${KEY}`)
      return done({})
    }
    const error = errorOf(await world.call('api', READ, { progress: (text) => sent.push(text) }))
    expect(error.code).toBe('redaction_failed')
    expect(sent).toEqual([])
    await showsNothing(world, error)
  })

  it('where the path of the outcome is redacted keeps the record, with the path as the intent has it', async () => {
    const { world, broken } = await breakable()
    world.perform = async () => {
      broken.at = 'text'
      return done({ ok: true })
    }
    await showsNothing(world, await world.call('api', { verb: 'read', note: MINTED }))
    const records = await world.records()
    const [intent, outcome] = ['intent', 'outcome'].map((kind) =>
      records.find((record) => record.kind === kind),
    )
    expect(outcome?.path).toMatch(/^\/./)
    expect(outcome?.path).toBe(intent?.path)
  })
})
