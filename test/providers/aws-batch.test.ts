import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createAwsSecretsManagerProvider } from '../../src/providers/aws-secrets-manager/aws-secrets-manager.ts'
import { CANARY, contextOf, everyTextOf, thrownBy } from '../contract/secret-provider.ts'
import {
  type AwsAnswer,
  type AwsFake,
  awsError,
  awsValue,
  startAwsFake,
} from '../support/servers/aws-fake.ts'

let fake: AwsFake
let provider: ReturnType<typeof createAwsSecretsManagerProvider>

beforeEach(() => {
  for (const name of Object.keys(process.env))
    if (name.startsWith('AWS_')) vi.stubEnv(name, undefined)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', CANARY)
  vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent')
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent')
  provider = createAwsSecretsManagerProvider()
})
afterEach(async () => fake.stop())

async function serve(answer: AwsAnswer): Promise<void> {
  fake = await startAwsFake(answer)
}

const valueOfId = (id: string) => ({ Name: id, SecretString: `value of ${id}`, VersionId: 'v' })

/** As AWS does it: what cannot be had stands among the errors. */
const aws =
  (missing: readonly string[] = []): AwsAnswer =>
  (response, body, action) => {
    const { SecretId, SecretIdList = [] } = JSON.parse(body) as {
      SecretId?: string
      SecretIdList?: string[]
    }
    if (action === 'BatchGetSecretValue') {
      const SecretValues = SecretIdList.filter((id) => !missing.includes(id)).map(valueOfId)
      const Errors = missing.map((id) => ({ SecretId: id, ErrorCode: 'AccessDeniedException' }))
      awsValue({ SecretValues, Errors })(response, body, action)
    } else if (missing.includes(SecretId ?? '')) {
      awsError(400, 'AccessDeniedException', CANARY)(response, body, action)
    } else {
      awsValue(valueOfId(SecretId ?? ''))(response, body, action)
    }
  }

const fetch = (id: string, more: object = {}, signal = new AbortController().signal) =>
  provider.fetch({ id, region: 'eu-central-1', endpoint: fake.url, ...more }, contextOf(id, signal))

const text = async (id: string, more: object = {}) =>
  (await fetch(id, more))?.fields.get('value')?.reveal()

describe('secrets that are due at once', () => {
  it('are asked for with one request', async () => {
    await serve(aws())
    const ids = ['a', 'b', 'c', 'a']
    expect(await Promise.all(ids.map((id) => text(id)))).toEqual(ids.map((id) => `value of ${id}`))
    expect(fake.actions).toEqual(['BatchGetSecretValue'])
    expect(JSON.parse(fake.requests[0] ?? '')).toEqual({ SecretIdList: ['a', 'b', 'c'] })
  })

  it('are asked for 20 at a time', async () => {
    await serve(aws())
    const ids = Array.from({ length: 45 }, (_, i) => `s${i}`)
    expect(await Promise.all(ids.map((id) => text(id)))).toEqual(ids.map((id) => `value of ${id}`))
    expect(fake.actions).toEqual(Array(3).fill('BatchGetSecretValue'))
  })

  it('are asked for alone where it is only one', async () => {
    await serve(aws())
    await Promise.all([text('a'), text('a')])
    expect(fake.actions).toEqual(['GetSecretValue'])
  })

  it('are asked for alone where they name a version', async () => {
    await serve(aws())
    await Promise.all([text('a', { version_stage: 'AWSPREVIOUS' }), text('b')])
    expect(fake.actions.sort()).toEqual(['GetSecretValue', 'GetSecretValue'])
  })

  it('do not share a request with another region or login', async () => {
    await serve(aws())
    await Promise.all([text('a'), text('b', { region: 'eu-west-1' })])
    expect(fake.actions).toEqual(['GetSecretValue', 'GetSecretValue'])
  })

  it('each have their own error', async () => {
    await serve(aws(['b']))
    const [a, b, c] = await Promise.allSettled(['a', 'b', 'c'].map((id) => text(id)))
    expect([a, c].map((one) => one?.status)).toEqual(['fulfilled', 'fulfilled'])
    expect(b).toMatchObject({ reason: { code: 'secret_denied' } })
    expect(fake.actions).toEqual(['BatchGetSecretValue', 'GetSecretValue'])
  })

  it('are asked for alone from then on where a login may not ask for many', async () => {
    await serve((response, body, action) =>
      action === 'BatchGetSecretValue'
        ? awsError(400, 'AccessDeniedException')(response, body, action)
        : aws()(response, body, action),
    )
    for (let i = 0; i < 2; i += 1) {
      expect(await Promise.all([text('a'), text('b')])).toEqual(['value of a', 'value of b'])
    }
    expect(fake.actions.filter((action) => action === 'BatchGetSecretValue')).toHaveLength(1)
    expect(fake.actions).toHaveLength(5)
  })

  it('are not each asked for anew where AWS throttles', async () => {
    await serve(awsError(400, 'ThrottlingException'))
    const all = await Promise.all(['a', 'b', 'c'].map((id) => thrownBy(fetch(id))))
    expect(all.map(({ code }) => code)).toEqual(Array(3).fill('secret_throttled'))
    expect(fake.actions.every((action) => action === 'BatchGetSecretValue')).toBe(true)
  })

  it('wait for nobody who has left, and one who leaves ends nothing for others', async () => {
    const held: (() => void)[] = []
    await serve((response, body, action) => {
      held.push(() => aws()(response, body, action))
    })
    const controller = new AbortController()
    const left = thrownBy(fetch('a', {}, controller.signal))
    const stays = text('b')
    await vi.waitFor(() => expect(held).toHaveLength(1))
    controller.abort()
    expect((await left).code).toBe('cancelled')
    held[0]?.()
    expect(await stays).toBe('value of b')
  })
})

describe('the one before', () => {
  const previous = (id: string, more: object = {}) =>
    provider.fetch(
      { id, region: 'eu-central-1', endpoint: fake.url, ...more },
      { ...contextOf(id), version: 'previous' },
    )

  it('is asked for by its stage', async () => {
    await serve(aws())
    await previous('a')
    expect(JSON.parse(fake.requests[0] ?? '')).toEqual({
      SecretId: 'a',
      VersionStage: 'AWSPREVIOUS',
    })
  })

  it('does not exist for a version that the catalog names', async () => {
    await serve(aws())
    expect(await previous('a', { version_id: 'v' })).toBeNull()
    expect(await previous('a', { version_stage: 'AWSCURRENT' })).toBeNull()
    expect(fake.requests).toEqual([])
  })
})

describe('required tags', () => {
  const arn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:a-AbCdEf'
  const tags = (...Tags: { Key: string; Value: string }[]): AwsAnswer => {
    const described = awsValue({ ARN: arn, Name: 'a', Tags })
    return (response, body, action) =>
      action === 'DescribeSecret'
        ? described(response, body, action)
        : aws()(response, body, action)
  }
  const required = { require_tags: { Environment: 'production' } }

  it('let a secret through that carries them, and that very one is read', async () => {
    await serve(tags({ Key: 'Environment', Value: 'production' }, { Key: 'x', Value: 'y' }))
    await text('a', required)
    expect(fake.actions).toEqual(['DescribeSecret', 'GetSecretValue'])
    expect(JSON.parse(fake.requests[1] ?? '')).toEqual({ SecretId: arn })
  })

  it.each([
    ['no tags', []],
    ['another value', [{ Key: 'Environment', Value: 'staging' }]],
    ['another case', [{ Key: 'environment', Value: 'production' }]],
  ])('refuse a secret with %s before it is read', async (_, found) => {
    await serve(tags(...found))
    const error = await thrownBy(fetch('a', required))
    expect(error).toMatchObject({
      code: 'secret_denied',
      message: '`a` does not carry the tag `Environment: production` that `require_tags` asks for',
    })
    expect(fake.actions).toEqual(['DescribeSecret'])
  })

  it('refuse a secret whose tags may not be looked at', async () => {
    await serve(awsError(400, 'AccessDeniedException', CANARY))
    const error = await thrownBy(fetch('a', required))
    expect(error.code).toBe('secret_denied')
    expect(error.fix).toContain('`secretsmanager:DescribeSecret`')
    expect(everyTextOf(error)).not.toContain(CANARY)
  })
})

describe('several fields', () => {
  it('are given only where the reference names them', async () => {
    await serve(
      awsValue({ SecretString: JSON.stringify({ username: 'u', password: CANARY, other: 'x' }) }),
    )
    const fetched = await fetch('a', { fields: ['username', 'password'] })
    const fields = [...(fetched?.fields ?? [])].map(([name, one]) => [
      name,
      one.field,
      one.reveal(),
    ])
    expect(fields).toEqual([
      ['username', 'username', 'u'],
      ['password', 'password', CANARY],
    ])
  })

  it('refuse a secret that lacks one', async () => {
    await serve(awsValue({ SecretString: '{"username":"u"}' }))
    const error = await thrownBy(fetch('a', { fields: ['username', 'password'] }))
    expect(error).toMatchObject({
      code: 'secret_invalid',
      message: '`a` has no key `password`',
      fix: 'Use one of its keys: `username`.',
    })
  })

  it('do not stand beside `key`', () => {
    expect(provider.reference.safeParse({ id: 'a', key: 'x', fields: ['x'] }).success).toBe(false)
    expect(provider.reference.safeParse({ id: 'a', fields: [] }).success).toBe(false)
    expect(provider.reference.safeParse({ id: 'a', fields: ['x', 'x'] }).success).toBe(false)
  })
})
