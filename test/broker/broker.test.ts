import { readdir, readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { CallAnswer } from '../../src/broker/call.ts'
import { BrokerError } from '../../src/core/errors.ts'
import { Secret } from '../../src/core/secret.ts'
import {
  type BrokerWorld,
  brokerWorld,
  CATALOG,
  done,
  failingTrail,
  KEY,
  SCOPE,
} from '../support/broker-world.ts'

const READ = { verb: 'read' }

async function kinds(world: BrokerWorld): Promise<string[]> {
  return (await world.records())
    .map(({ kind }) => kind)
    .filter((kind) => kind !== 'open' && kind !== 'config')
}

function refusalOf(answer: CallAnswer) {
  expect(answer.kind).toBe('refused')
  return answer.kind === 'refused' ? answer : expect.fail()
}

function errorOf(answer: CallAnswer) {
  expect(answer.kind).toBe('failed')
  return answer.kind === 'failed' ? answer.error : expect.fail()
}

describe('a call that is allowed', () => {
  it('is performed with the value, which nothing that comes back shows', async () => {
    const world = await brokerWorld()
    let used = ''
    world.perform = async (_, call) => {
      used = call.secrets.get('key').reveal()
      return done({ echo: call.redaction.text(`the key is ${used}`) })
    }
    const answer = await world.call('api', READ)
    expect(used).toBe(KEY)
    expect(answer).toMatchObject({
      kind: 'performed',
      result: { structured: { body: { echo: 'the key is [secret key]' } } },
    })
    const outcome = (await world.records()).find(({ kind }) => kind === 'outcome')
    expect(outcome).toMatchObject({
      agent: 'tester',
      tool: 'api',
      verb: 'read',
      decision: 'allow',
      rules: ['agents/tester.yaml:5:9'],
      secrets: [{ name: 'key', provider: 'memory', version: '1' }],
      status: 200,
      redactions: { key: 1 },
      attempt: 1,
    })
    expect(JSON.stringify(await world.records())).not.toContain(KEY)
  })

  it('has its intent on disk before the secret is fetched, and its outcome before the answer', async () => {
    const world = await brokerWorld()
    const answer = await world.call('api', READ)
    expect(world.fetches).toHaveLength(1)
    expect(world.fetches[0]?.recorded).toContain('intent')
    expect(world.fetches[0]?.recorded).not.toContain('outcome')
    expect(await kinds(world)).toEqual(['intent', 'outcome'])
    expect((await world.records()).filter(({ call }) => call === answer.call)).toHaveLength(2)
  })

  it('does not wait for a slow one', async () => {
    const world = await brokerWorld()
    const slow = Promise.withResolvers<void>()
    world.perform = async ({ note }) => {
      if (note === 'slow') await slow.promise
      return done({ note })
    }
    const waiting = world.call('api', { verb: 'read', note: 'slow' })
    expect(await world.call('api', { verb: 'read', note: 'fast' })).toMatchObject({
      kind: 'performed',
    })
    slow.resolve()
    expect(await waiting).toMatchObject({ kind: 'performed' })
  })
})

describe('a call that is refused', () => {
  it('fetches nothing, performs nothing, and shows the smallest rule that would allow it', async () => {
    const world = await brokerWorld()
    const { refusal, suggestion } = refusalOf(await world.call('api', { verb: 'write' }))
    expect(refusal).toMatchObject({
      reason: 'no_rule',
      message: 'no rule of agents/tester.yaml allows this call',
    })
    expect(suggestion).toBe(
      '# agents/tester.yaml\ntools:\n  api:\n    allow:\n      - verbs: [write]\n',
    )
    expect(world.fetches).toEqual([])
    expect(world.performed).toEqual([])
    expect(await kinds(world)).toEqual(['refused'])
  })

  it.each([
    ['a tool that the scope does not name', 'spare', READ, 'unknown_tool'],
    ['a tool that nobody has', 'nothing', READ, 'unknown_tool'],
    ['an input with a field too many', 'api', { verb: 'read', host: 'evil' }, 'invalid_input'],
    ['an input of another shape', 'api', { verb: 7 }, 'invalid_input'],
    ['no input', 'api', undefined, 'invalid_input'],
  ])('names the reason for %s', async (_, tool, input, reason) => {
    const world = await brokerWorld()
    expect(refusalOf(await world.call(tool, input)).refusal.reason).toBe(reason)
    expect(world.performed).toEqual([])
    expect((await world.records()).filter(({ kind }) => kind === 'refused')).toMatchObject([
      { reason, decision: 'deny' },
    ])
  })

  it('says the same of a tool outside the scope and of one that is not there', async () => {
    const world = await brokerWorld()
    const outside = refusalOf(await world.call('spare', READ)).refusal
    expect(refusalOf(await world.call('absent', READ)).refusal).toEqual(outside)
  })

  it('does not go on where a rule asks for approval and none is set up', async () => {
    const world = await brokerWorld()
    await world.writeScope(`${SCOPE}        approval: human\n`)
    expect(refusalOf(await world.call('api', READ)).refusal).toMatchObject({
      reason: 'needs_approval',
      message: 'this call needs approval by a human: none is set up',
    })
    expect(world.performed).toEqual([])
    expect(await world.records()).toContainEqual(
      expect.objectContaining({ kind: 'refused', decision: 'approval' }),
    )
  })

  it('stops where a limit is used up, and goes on when it has room again', async () => {
    const world = await brokerWorld()
    await world.writeScope(`${SCOPE}        limit: 2/minute\n`)
    await world.call('api', READ)
    await world.call('api', READ)
    expect(refusalOf(await world.call('api', READ)).refusal).toMatchObject({
      reason: 'limit',
      message: 'the limit of 2/minute is used up',
      fix: 'try again in 60 s',
    })
    world.clock += 60_001
    expect(await world.call('api', READ)).toMatchObject({ kind: 'performed' })
  })

  it('records the first refused attempt past 600 in an hour and no more, and tells no rule any longer', async () => {
    const world = await brokerWorld()
    for (let n = 0; n < 605; n += 1) await world.call('absent', READ)
    const refused = (await world.records()).filter(({ kind }) => kind === 'refused')
    expect(refused).toHaveLength(601)
    expect(refused[600]?.reason).toBe(
      'unknown_tool; further refused attempts are not recorded until the limit has room',
    )
    const { refusal, suggestion } = refusalOf(await world.call('api', { verb: 'write' }))
    expect(refusal).toMatchObject({
      reason: 'limit',
      message: 'too many refused attempts in the last hour',
    })
    expect(suggestion).toBeNull()
  }, 30_000)
})

describe('configuration', () => {
  it('is looked at by each call: a swap of the scope file between two calls counts', async () => {
    const world = await brokerWorld()
    expect(await world.call('api', READ)).toMatchObject({ kind: 'performed' })
    await world.writeScope(SCOPE.replace('[read]', '[look]'))
    expect(refusalOf(await world.call('api', READ)).refusal.reason).toBe('no_rule')
    await unlink(join(world.home, 'agents', 'tester.yaml'))
    expect(refusalOf(await world.call('api', READ)).refusal.reason).toBe('no_scope')
  })

  it('never keeps access over a mistake', async () => {
    const world = await brokerWorld()
    await world.call('api', READ)
    await world.writeScope(`${SCOPE}      - verbs:\n`)
    const { refusal } = refusalOf(await world.call('api', READ))
    expect(refusal.reason).toBe('config_error')
    expect(refusal.message).toMatch(/agents\/tester\.yaml:6:/)
  })

  it('is recorded once for each change, with the rules that came and went, whichever process sees it', async () => {
    const world = await brokerWorld()
    const second = world.another()
    await world.call('api', READ)
    await second.call('api', READ)
    await world.writeScope(SCOPE.replace('[read]', '[read, write]'))
    await second.call('api', READ)
    await world.call('api', READ)
    const changes = (await world.records())
      .filter(({ kind }) => kind === 'config')
      .map(({ change }) => change)
    expect(changes.map((change) => change?.['file'])).toEqual(
      expect.arrayContaining(['keyhand.yaml', 'agents/tester.yaml', 'agents/tester.yaml']),
    )
    expect(changes).toHaveLength(3)
    expect(changes).toContainEqual(
      expect.objectContaining({
        added: ['allow api {"verbs":["read","write"]}'],
        removed: ['allow api {"verbs":["read"]}'],
      }),
    )
  })

  it('that cannot be recorded refuses the call, and is recorded by the next one', async () => {
    let full = true
    const world = await brokerWorld({
      overrides: ({ trail }) => ({
        trail: failingTrail(trail, ({ kind }) => full && kind === 'config'),
      }),
    })
    expect(refusalOf(await world.call('api', READ)).refusal.reason).toBe('unavailable')
    expect(world.performed).toEqual([])
    full = false
    await world.call('api', READ)
    expect((await world.records()).filter(({ kind }) => kind === 'config')).toHaveLength(2)
  })
})

describe('what fails closed', () => {
  it('performs nothing without an intent record', async () => {
    const world = await brokerWorld({
      overrides: ({ trail }) => ({ trail: failingTrail(trail, ({ kind }) => kind === 'intent') }),
    })
    expect(refusalOf(await world.call('api', READ)).refusal).toMatchObject({
      reason: 'unavailable',
      message: 'nothing was performed: the disk is full',
    })
    expect(world.fetches).toEqual([])
    expect(world.performed).toEqual([])
  })

  it('withholds the answer without an outcome record, and says that the call was performed', async () => {
    const world = await brokerWorld({
      overrides: ({ trail }) => ({ trail: failingTrail(trail, ({ kind }) => kind === 'outcome') }),
    })
    expect(errorOf(await world.call('api', READ))).toMatchObject({
      code: 'audit_unavailable',
      message:
        'the call was performed, and its answer is withheld: its outcome could not be recorded',
    })
    expect(world.performed).toHaveLength(1)
  })

  it.each(['counters', 'blocks', 'seen'] as const)(
    'refuses where the %s of state.db cannot be reached',
    async (part) => {
      const down = async () => {
        throw new BrokerError('state_unavailable', 'state.db is locked')
      }
      const broken = {
        take: down,
        blocked: down,
        block: down,
        unblock: down,
        strike: down,
        get: down,
        compareAndSet: down,
      }
      const world = await brokerWorld({ overrides: () => ({ [part]: broken }) })
      await world.writeScope(`${SCOPE}        limit: 2/minute\n`)
      expect(refusalOf(await world.call('api', READ)).refusal).toMatchObject({
        reason: 'unavailable',
        message: 'nothing was performed: state.db is locked',
      })
      expect(world.performed).toEqual([])
    },
  )

  it('denies where policy fails', async () => {
    const world = await brokerWorld({
      overrides: () => ({
        policy: {
          checkGuardrails: async () => [],
          decide: async () => {
            throw new TypeError(`policy broke over ${KEY}`)
          },
        },
      }),
    })
    const error = errorOf(await world.call('api', READ))
    expect(error).toMatchObject({
      code: 'internal',
      message: 'an unexpected TypeError inside keyhand',
    })
    expect(world.performed).toEqual([])
    expect(await world.records()).toContainEqual(
      expect.objectContaining({ kind: 'refused', reason: 'fault', error: { code: 'internal' } }),
    )
  })

  it('withholds the answer where redaction fails, and keeps the record of what was done', async () => {
    const world = await brokerWorld()
    world.perform = async () => {
      throw new BrokerError('redaction_failed', 'the budget is used up')
    }
    expect(errorOf(await world.call('api', READ))).toMatchObject({
      code: 'redaction_failed',
      message: 'the call was performed, and its answer is withheld: it could not be redacted',
    })
    expect(await world.records()).toContainEqual(
      expect.objectContaining({ kind: 'outcome', error: { code: 'redaction_failed' } }),
    )
  })

  it('shows no value in an error of the tool, of the provider or of a library', async () => {
    const world = await brokerWorld()
    world.perform = async () => {
      throw new BrokerError('upstream_invalid', `the upstream said ${KEY}`, {
        fix: `ask about ${KEY}`,
      })
    }
    expect(errorOf(await world.call('api', READ))).toMatchObject({
      code: 'upstream_invalid',
      message: 'the upstream said [secret key]',
      fix: 'ask about [secret key]',
    })
    world.perform = async () => {
      throw new Error(`401 for ${KEY}`)
    }
    expect(errorOf(await world.call('api', READ)).message).toBe(
      'an unexpected Error inside keyhand',
    )
  })

  it('names a secret that is not there, and records the outcome', async () => {
    const world = await brokerWorld()
    world.values.delete('key')
    expect(errorOf(await world.call('api', READ)).code).toBe('secret_not_found')
    expect(world.performed).toEqual([])
    expect(await kinds(world)).toEqual(['intent', 'outcome'])
  })
})

describe('a credential that the upstream refused', () => {
  const rejecting = (world: BrokerWorld, accepted: () => string) => {
    world.perform = async (_, call) => {
      const right = call.secrets.get('key').reveal() === accepted()
      return right
        ? done({ in: true })
        : { ...done({ in: false }, 401), kind: 'credential_rejected' }
    }
  }
  const cached = CATALOG.replace(
    'key: { provider: memory }',
    'key: { provider: memory, cache: 5m }',
  )

  it('is fetched anew and tried once more where it came from the cache', async () => {
    const world = await brokerWorld()
    await world.writeCatalog(cached)
    rejecting(world, () => world.values.get('key')?.value ?? '')
    await world.call('api', READ)
    world.values.set('key', { value: 'kh-rotated-91aXqL0m', version: '2' })
    expect(await world.call('api', READ)).toMatchObject({
      kind: 'performed',
      result: { status: 200 },
    })
    const outcomes = (await world.records()).filter(({ kind }) => kind === 'outcome')
    expect(outcomes.map(({ attempt, status, reason }) => [attempt, status, reason])).toEqual([
      [1, 200, undefined],
      [1, 401, 'credential_rejected'],
      [2, 200, undefined],
    ])
    expect(outcomes[2]?.secrets).toEqual([{ name: 'key', provider: 'memory', version: '2' }])
  })

  it('is not sent twice where the fresh value is the same', async () => {
    const world = await brokerWorld()
    await world.writeCatalog(cached)
    rejecting(world, () => KEY)
    await world.call('api', READ)
    rejecting(world, () => 'something else')
    expect(await world.call('api', READ)).toMatchObject({
      kind: 'performed',
      result: { status: 401 },
    })
    expect(world.performed).toHaveLength(2)
  })

  it('is not tried again where it was fetched for this call', async () => {
    const world = await brokerWorld()
    rejecting(world, () => 'something else')
    expect(await world.call('api', READ)).toMatchObject({
      kind: 'performed',
      result: { status: 401 },
    })
    expect(world.performed).toHaveLength(1)
    expect(await kinds(world)).toEqual(['intent', 'outcome'])
  })

  it('asks for the decision again before the second try', async () => {
    const world = await brokerWorld()
    await world.writeCatalog(cached)
    rejecting(world, () => KEY)
    await world.call('api', READ)
    world.perform = async () => {
      await world.writeScope(SCOPE.replace('[read]', '[look]'))
      return { ...done({}, 401), kind: 'credential_rejected' }
    }
    world.values.set('key', { value: 'kh-rotated-91aXqL0m', version: '2' })
    expect(refusalOf(await world.call('api', READ)).refusal.reason).toBe('no_rule')
    expect(world.performed).toHaveLength(2)
  })
})

describe('a redirect', () => {
  const redirecting = (world: BrokerWorld, to: (note: string) => unknown) => {
    world.perform = async ({ note }) => {
      const input = to(String(note))
      return input === null
        ? done({ at: note })
        : { ...done({ moved: true }, 302), kind: 'redirect', input }
    }
  }

  it('is a new action: decided, counted and recorded', async () => {
    const world = await brokerWorld()
    await world.writeScope(`${SCOPE}    limit: 2/hour\n`)
    redirecting(world, (note) => (note === 'a' ? { verb: 'read', note: 'b' } : null))
    expect(await world.call('api', { verb: 'read', note: 'a' })).toMatchObject({
      kind: 'performed',
      result: { structured: { body: { at: 'b' } } },
    })
    expect(await kinds(world)).toEqual(['intent', 'outcome', 'intent', 'outcome'])
    expect(refusalOf(await world.call('api', READ)).refusal.reason).toBe('limit')
  })

  it('to what no rule allows is refused, and no rule for it is suggested', async () => {
    const world = await brokerWorld()
    redirecting(world, () => ({ verb: 'write', note: 'x' }))
    const { refusal, suggestion } = refusalOf(await world.call('api', READ))
    expect(refusal.message).toBe(
      'the upstream redirected, and the redirect is refused: no rule of agents/tester.yaml allows this call',
    )
    expect(suggestion).toBeNull()
    expect(world.performed).toHaveLength(1)
  })

  it('ends after five hops with the answer of the last', async () => {
    const world = await brokerWorld()
    redirecting(world, () => ({ verb: 'read', note: 'again' }))
    expect(await world.call('api', READ)).toMatchObject({
      kind: 'performed',
      result: { status: 302 },
    })
    expect(world.performed).toHaveLength(6)
  })
})

describe('guessing', () => {
  it('refuses an input that holds a value, in any encoding, without saying which', async () => {
    const world = await brokerWorld()
    await world.call('api', READ)
    const encoded = Buffer.from(`x${KEY}y`).toString('base64')
    const { refusal } = refusalOf(await world.call('api', { verb: 'read', note: encoded }))
    expect(refusal).toMatchObject({
      reason: 'input_holds_secret',
      message: 'the input holds what looks like a secret',
    })
    expect(JSON.stringify(await world.records())).not.toContain(encoded)
  })

  it('stops the agent after three such inputs, until an admin clears it', async () => {
    const world = await brokerWorld()
    await world.call('api', READ)
    const guess = { verb: 'read', note: KEY }
    await world.call('api', guess)
    await world.call('api', guess)
    expect(refusalOf(await world.call('api', guess)).refusal.reason).toBe('probing')
    const { refusal } = refusalOf(await world.call('api', READ))
    expect(refusal.reason).toBe('probing')
    expect(refusal.fix).toContain('keyhand agent unblock tester')
    expect(world.performed).toHaveLength(1)
    expect(await world.records()).toContainEqual(
      expect.objectContaining({ kind: 'admin', reason: 'probing' }),
    )
  })
})

describe('what is watched', () => {
  const watched = CATALOG.replace(
    'other: { provider: memory }',
    'other: { provider: memory, watch: always }',
  )
  const both = SCOPE.replace('tools:\n', 'tools:\n  spare:\n    allow:\n      - verbs: [read]\n')

  it("is known before the first answer: another tool's answer cannot show it", async () => {
    const world = await brokerWorld()
    await world.writeCatalog(watched)
    await world.writeScope(both)
    world.perform = async (_, call) => done({ echo: call.redaction.text('kh-other-7Hq2LmZ0wX') })
    expect(await world.call('api', READ)).toMatchObject({
      result: { structured: { body: { echo: '[secret other]' } } },
    })
    const intent = (await world.records()).find(({ kind }) => kind === 'intent')
    expect(intent?.secrets?.map(({ name }) => name)).toEqual(['key', 'other'])
    expect(world.fetches.every(({ recorded }) => recorded.includes('intent'))).toBe(true)
  })

  it('and cannot be read is named in the record, and stops no other call', async () => {
    const world = await brokerWorld()
    await world.writeCatalog(watched)
    await world.writeScope(both)
    world.values.delete('other')
    expect(await world.call('api', READ)).toMatchObject({ kind: 'performed' })
    expect((await world.records()).find(({ kind }) => kind === 'outcome')).toMatchObject({
      unwatched: ['other'],
    })
  })

  it('that no tool of the scope needs is not read', async () => {
    const world = await brokerWorld()
    await world.writeCatalog(watched)
    await world.call('api', READ)
    expect(world.fetches.map(({ name }) => name)).toEqual(['key'])
  })
})

it('records a value in a path as a keyed hash before it is known, and by its name after', async () => {
  const world = await brokerWorld()
  world.perform = async (_, call) => {
    call.register(new Secret('minted', 'sk_live_51Hq8ZxCanaryTokenValue99'))
    return done({})
  }
  await world.call('api', { verb: 'read', note: 'sk_live_51Hq8ZxCanaryTokenValue99' })
  const records = await world.records()
  expect(JSON.stringify(records)).not.toContain('sk_live_51Hq8ZxCanaryTokenValue99')
  expect(records.find(({ kind }) => kind === 'outcome')?.path).toBe('/[secret minted]')
})

it('writes one file for its process, which holds no line that is not JSON', async () => {
  const world = await brokerWorld()
  await Promise.all(Array.from({ length: 20 }, () => world.call('api', READ)))
  const files = await readdir(join(world.state, 'audit'))
  expect(files).toHaveLength(1)
  const text = await readFile(join(world.state, 'audit', files[0] ?? ''), 'utf8')
  expect(text.endsWith('\n')).toBe(true)
  expect(await kinds(world)).toHaveLength(40)
})

it('does not record a value that an agent gives as the name of a tool', async () => {
  const world = await brokerWorld()
  await world.call('api', READ)
  expect(refusalOf(await world.call(KEY, READ)).refusal.reason).toBe('input_holds_secret')
  expect(
    refusalOf(await world.call('sk_live_51Hq8ZxCanaryTokenValue99', READ)).refusal.reason,
  ).toBe('unknown_tool')
  const text = JSON.stringify(await world.records())
  expect(text).not.toContain(KEY)
  expect(text).not.toContain('sk_live_51Hq8ZxCanaryTokenValue99')
})

it('keeps the outcome of a call whose path cannot be redacted', async () => {
  const world = await brokerWorld({
    overrides: ({ redactor }) => ({
      redactor: {
        ...redactor,
        register: (secret) => redactor.register(secret),
        inspectInput: (value) => redactor.inspectInput(value),
        session: () => {
          const session = redactor.session()
          return {
            ...session,
            counts: session.counts,
            text: () => {
              throw new BrokerError('redaction_failed', 'the budget is used up')
            },
          }
        },
      },
    }),
  })
  world.perform = async (_, call) => done({ echo: call.redaction.text('anything') })
  expect(errorOf(await world.call('api', { verb: 'read', note: 'a' })).code).toBe(
    'redaction_failed',
  )
  expect(await kinds(world)).toEqual(['intent', 'outcome'])
})
