import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createAwsSsmProvider } from '../../src/providers/aws-ssm/aws-ssm.ts'
import type { SsmReference } from '../../src/providers/aws-ssm/reference.ts'
import {
  CANARY,
  contextOf,
  describeSecretProvider,
  type ProviderFailure,
  thrownBy,
} from '../contract/secret-provider.ts'
import {
  type AwsAnswer,
  type AwsFake,
  awsError,
  awsValue,
  startAwsFake,
} from '../support/servers/aws-fake.ts'

const provider = createAwsSsmProvider()
const running: AwsFake[] = []

beforeEach(() => {
  for (const name of Object.keys(process.env))
    if (name.startsWith('AWS_')) vi.stubEnv(name, undefined)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', CANARY)
  vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent')
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent')
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((fake) => fake.stop()))
})

async function serve(answer: AwsAnswer): Promise<AwsFake> {
  const fake = await startAwsFake(answer)
  running.push(fake)
  return fake
}

const at = (endpoint: string, more: SsmReference = { name: '/prod/stripe' }): SsmReference => ({
  region: 'eu-central-1',
  endpoint,
  ...more,
})

function failing(
  code: ProviderFailure<object>['code'],
  message: RegExp,
  answer: AwsAnswer,
): ProviderFailure<SsmReference> {
  return {
    code,
    message,
    setup: async () => ({ provider, reference: at((await serve(answer)).url) }),
  }
}

const says = (status: number, type: string) => awsError(status, type, `token ${CANARY}`)

let contractFake: AwsFake

describeSecretProvider('aws-ssm on a fake', {
  store: false,
  async setup() {
    contractFake = await startAwsFake((response, body, action) => {
      const Parameter = { Name: '/prod/stripe', Value: CANARY, Version: 3 }
      const answer = body.includes('/prod/stripe')
        ? awsValue({ Parameter })
        : says(400, 'ParameterNotFound')
      answer(response, body, action)
    })
    return {
      provider,
      present: at(contractFake.url),
      absent: at(contractFake.url, { name: '/prod/other' }),
      writable: null,
      versions: true,
      stop: async () => contractFake.stop(),
    }
  },
  failures: {
    'AWS denies it': failing(
      'secret_denied',
      /does not let keyhand read `\/prod\/stripe` \(AccessDeniedException\)/,
      says(400, 'AccessDeniedException'),
    ),
    'its key cannot be used': failing('secret_denied', /InvalidKeyId/, says(400, 'InvalidKeyId')),
    'AWS throttles': failing(
      'secret_throttled',
      /AWS Parameter Store is throttling \(ThrottlingException\)/,
      says(400, 'ThrottlingException'),
    ),
    'the token is expired': failing(
      'secret_not_logged_in',
      /ExpiredTokenException/,
      says(400, 'ExpiredTokenException'),
    ),
    'AWS does not understand the reference': failing(
      'secret_invalid',
      /does not accept the reference of `\/prod\/stripe`/,
      says(400, 'ValidationException'),
    ),
    'AWS is broken': failing(
      'secret_unreachable',
      /cannot be reached/,
      says(500, 'InternalServerError'),
    ),
    'something else answers': failing('secret_unreachable', /is not AWS/, awsValue({ hello: 1 })),
    'the connection is cut': failing('secret_unreachable', /ECONNRESET/, (response) => {
      response.socket?.destroy()
    }),
  },
})

describe('aws-ssm', () => {
  it('asks for the decrypted value, with its selector', async () => {
    const fake = await serve(awsValue({ Parameter: { Value: 'x', Version: 7 } }))
    await provider.fetch(at(fake.url, { name: '/a', version: 7 }), contextOf())
    await provider.fetch(at(fake.url, { name: '/a', label: 'stable' }), contextOf())
    expect(fake.requests.map((body) => JSON.parse(body) as object)).toEqual([
      { Name: '/a:7', WithDecryption: true },
      { Name: '/a:stable', WithDecryption: true },
    ])
  })

  it('refuses an empty parameter', async () => {
    const fake = await serve(awsValue({ Parameter: { Value: '' } }))
    const error = await thrownBy(provider.fetch(at(fake.url), contextOf()))
    expect(error).toMatchObject({
      code: 'secret_invalid',
      message: '`/prod/stripe` is empty in AWS Parameter Store',
    })
  })

  it('refuses an empty group member, and says which', async () => {
    const Parameters = [
      { Name: '/a/user', Value: 'u' },
      { Name: '/a/password', Value: '' },
    ]
    const fake = await serve(awsValue({ Parameters }))
    const error = await thrownBy(provider.fetch(at(fake.url, { path: '/a/*' }), contextOf()))
    expect(error).toMatchObject({
      code: 'secret_invalid',
      message: '`/a/password` is empty in AWS Parameter Store',
    })
  })

  it('never takes a denied group for an empty one', async () => {
    const fake = await serve(says(400, 'AccessDeniedException'))
    const error = await thrownBy(provider.fetch(at(fake.url, { path: '/a/*' }), contextOf()))
    expect(error.code).toBe('secret_denied')
    expect(error.fix).toContain('`ssm:GetParametersByPath`')
  })

  it.each([
    [{ name: '/a:3' }, 'a selector inside the name'],
    [{ name: '/a', path: '/a/*' }, 'two things at once'],
    [{}, 'nothing'],
    [{ path: '/prod' }, 'a path that is no group'],
    [{ path: '/prod/**' }, 'a path with another pattern'],
    [{ path: '/prod/*', version: 1 }, 'a version of a path'],
    [{ name: '/a', version: 1, label: 'x' }, 'two versions'],
    [{ name: '/a', label: '3' }, 'a label that would be a version'],
    [{ name: '/a', version: 0 }, 'a version that cannot be'],
  ] as [object, string][])('refuses %o: %s', (reference) => {
    expect(provider.reference.safeParse(reference).success).toBe(false)
  })

  it.each([
    { name: '/prod/api/key' },
    { name: 'plain' },
    { name: 'arn:aws:ssm:eu-central-1:123456789012:parameter/prod/key', version: 2 },
    { path: '/prod/api/*' },
    { path: '/*' },
  ])('accepts %o', (reference) => {
    expect(provider.reference.safeParse(reference).success).toBe(true)
  })
})
