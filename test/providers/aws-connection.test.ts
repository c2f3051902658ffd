import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { BrokerError } from '../../src/core/errors.ts'
import { Secret } from '../../src/core/secret.ts'
import { createAwsSecretsManagerProvider } from '../../src/providers/aws-secrets-manager/aws-secrets-manager.ts'
import type { FetchContext } from '../../src/providers/provider.ts'
import { CANARY, contextOf, everyTextOf, thrownBy } from '../contract/secret-provider.ts'
import {
  type AwsAnswer,
  type AwsFake,
  awsError,
  awsValue,
  startAwsFake,
} from '../support/servers/aws-fake.ts'

const running: AwsFake[] = []
beforeEach(() => {
  for (const name of Object.keys(process.env))
    if (name.startsWith('AWS_')) vi.stubEnv(name, undefined)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret')
  vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent')
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent')
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((fake) => fake.stop()))
})

async function serve(answer: AwsAnswer): Promise<AwsFake> {
  const fake = await startAwsFake(answer)
  running.push(fake)
  return fake
}

const arn = 'arn:aws:iam::123456789012:role/keyhand'
const role = { arn }
const region = 'eu-central-1'

/** STS speaks XML. */
const assumed =
  (expires: string): AwsAnswer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/xml' })
    response.end(
      '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>' +
        `<AccessKeyId>ASIAOFTHEROLE0000</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>` +
        `<Expiration>${expires}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
    )
  }

const refusing = (status: number, code: string): AwsAnswer => {
  const body = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${CANARY}</Message></Error></ErrorResponse>`
  return (response) => response.writeHead(status, { 'content-type': 'text/xml' }).end(body)
}

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString()

describe('a role', () => {
  it('is assumed once, with the tags, the name and the external id of the catalog', async () => {
    const sts = await serve(assumed(inAnHour()))
    const keys: string[] = []
    const aws = await serve(awsValue({ SecretString: CANARY }))
    const provider = createAwsSecretsManagerProvider()
    const reference = {
      id: 'a',
      region,
      endpoint: aws.url,
      assume_role: {
        ...role,
        external_id: 'ours',
        session_name: 'laptop',
        tags: { agent: 'reports', team: 'finance' },
        endpoint: sts.url,
      },
    }
    for (let i = 0; i < 3; i += 1) {
      const fetched = await provider.fetch(reference, contextOf())
      keys.push(fetched?.fields.get('value')?.reveal() ?? '')
    }
    expect(keys).toEqual(Array(3).fill(CANARY))
    expect(sts.requests).toHaveLength(1)
    expect(Object.fromEntries(new URLSearchParams(sts.requests[0]))).toMatchObject({
      Action: 'AssumeRole',
      RoleArn: arn,
      RoleSessionName: 'laptop',
      ExternalId: 'ours',
      'Tags.member.1.Key': 'agent',
      'Tags.member.1.Value': 'reports',
      'Tags.member.2.Key': 'team',
      'Tags.member.2.Value': 'finance',
    })
  })

  it('is assumed anew when it is about to expire', async () => {
    const sts = await serve(assumed(new Date(Date.now() + 30_000).toISOString()))
    const aws = await serve(awsValue({ SecretString: CANARY }))
    const provider = createAwsSecretsManagerProvider()
    const reference = {
      id: 'a',
      region,
      endpoint: aws.url,
      assume_role: { ...role, endpoint: sts.url },
    }
    await provider.fetch(reference, contextOf())
    await vi.waitFor(async () => {
      await provider.fetch(reference, contextOf())
      expect(sts.requests.length).toBeGreaterThan(1)
    })
  })

  it.each([
    ['secret_denied', 403, 'AccessDenied', /does not let keyhand assume `arn:.*` \(AccessDenied\)/],
    ['secret_not_logged_in', 403, 'ExpiredToken', /credentials are missing, expired/],
    ['secret_throttled', 400, 'Throttling', /AWS STS is throttling/],
    ['secret_unreachable', 500, 'InternalFailure', /AWS STS cannot be reached/],
  ])('that cannot be assumed is %s', async (code, status, word, message) => {
    const sts = await serve(refusing(status, word))
    const aws = await serve(awsValue({ SecretString: CANARY }))
    const reference = {
      id: 'a',
      region,
      endpoint: aws.url,
      assume_role: { ...role, endpoint: sts.url },
    }
    const error = await thrownBy(createAwsSecretsManagerProvider().fetch(reference, contextOf()))
    expect(error.code).toBe(code)
    expect(error.message).toMatch(message)
    expect(everyTextOf(error)).not.toContain(CANARY)
    expect(aws.requests).toEqual([])
  })

  it.each([
    [{ arn: 'arn:aws:iam::123456789012:user/x' }, 'what is no role'],
    [{ arn, session_name: 'a b' }, 'a name that AWS does not take'],
    [{ arn, endpoint: 'http://sts.example.com' }, 'plain HTTP to another machine'],
    [{ arn, tags: { '': 'x' } }, 'a tag without a name'],
    [{ arn, agent: 'x' }, 'a key that it does not know'],
  ] as [object, string][])('refuses %o: %s', (assume_role) => {
    const { reference } = createAwsSecretsManagerProvider()
    expect(reference.safeParse({ id: 'a', assume_role }).success).toBe(false)
  })
})

describe('a key whose secret part is a secret of the catalog', () => {
  const credentials = { access_key_id: 'AKIAFROMTHECATALOG', secret_access_key: 'aws_key' }
  const withSecret = (secret: FetchContext['secret']): FetchContext => ({ ...contextOf(), secret })
  const provider = createAwsSecretsManagerProvider()

  it('is named by the reference', () => {
    expect(provider.needs({ id: 'a', credentials })).toEqual(['aws_key'])
    const both = { ...credentials, session_token: 'aws_token' }
    expect(provider.needs({ id: 'a', credentials: both })).toEqual(['aws_key', 'aws_token'])
    expect(provider.needs({ id: 'a' })).toEqual([])
  })

  it('is used instead of what the environment says, and a rotated one at once', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined)
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined)
    const fake = await serve(awsValue({ SecretString: CANARY }))
    const reference = { id: 'a', region, endpoint: fake.url, credentials }
    const asked: string[] = []
    for (const value of ['one', 'two']) {
      const context = withSecret(async (name) => {
        asked.push(name)
        return new Secret(name, value)
      })
      const fetched = await provider.fetch(reference, context)
      expect(fetched?.fields.get('value')?.reveal()).toBe(CANARY)
    }
    expect(asked).toEqual(['aws_key', 'aws_key'])
  })

  it('that cannot be had is an error of its own provider', async () => {
    const fake = await serve(awsValue({ SecretString: CANARY }))
    const context = withSecret(async () => {
      throw new BrokerError('secret_locked', 'the keychain is locked')
    })
    const reference = { id: 'a', region, endpoint: fake.url, credentials }
    const error = await thrownBy(provider.fetch(reference, context))
    expect(error.code).toBe('secret_locked')
    expect(fake.requests).toEqual([])
  })

  it.each([
    [{ credentials: { ...credentials, secret_access_key: 'wJalrXUtnFEMI/K7MDENG' } }, 'a value'],
    [{ credentials, profile: 'work' }, 'two logins'],
  ] as [object, string][])('refuses %o: %s', (more) => {
    expect(provider.reference.safeParse({ id: 'a', ...more }).success).toBe(false)
  })
})

describe('patience', () => {
  it('that AWS asks for is passed on', async () => {
    const fake = await serve((response, body, action) => {
      response.setHeader('retry-after', '1')
      awsError(429, 'TooManyRequestsException')(response, body, action)
    })
    const reference = { id: 'a', region, endpoint: fake.url }
    const error = await thrownBy(createAwsSecretsManagerProvider().fetch(reference, contextOf()))
    expect(error).toMatchObject({ code: 'secret_throttled', retryAfterMs: 1000 })
  })
})
