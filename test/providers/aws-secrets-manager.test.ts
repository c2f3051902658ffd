import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createAwsSecretsManagerProvider } from '../../src/providers/aws-secrets-manager/aws-secrets-manager.ts'
import type { AwsReference } from '../../src/providers/aws-secrets-manager/reference.ts'
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

const provider = createAwsSecretsManagerProvider()
const running: AwsFake[] = []

async function serve(answer: AwsAnswer): Promise<AwsFake> {
  const fake = await startAwsFake(answer)
  running.push(fake)
  return fake
}

const at = (endpoint: string, more: Partial<AwsReference> = {}): AwsReference => ({
  id: 'prod/stripe',
  region: 'eu-central-1',
  endpoint,
  ...more,
})

beforeEach(() => {
  for (const name of Object.keys(process.env))
    if (name.startsWith('AWS_')) vi.stubEnv(name, undefined)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', CANARY)
  vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent')
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent')
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((fake) => fake.stop()))
})

const says = (status: number, type: string) => awsError(status, type, `token ${CANARY}`)

function failing(
  code: ProviderFailure<object>['code'],
  message: RegExp,
  answer: AwsAnswer,
): ProviderFailure<AwsReference> {
  return {
    code,
    message,
    setup: async () => ({ provider, reference: at((await serve(answer)).url) }),
  }
}

let contractFake: AwsFake
afterAll(async () => contractFake.stop())

describeSecretProvider('aws-secrets-manager on a fake', {
  store: false,
  async setup() {
    contractFake = await startAwsFake((response, body) => {
      const found = body.includes('prod/stripe')
      const answer = found
        ? awsValue({ SecretString: CANARY, VersionId: 'version-1', CreatedDate: 1_790_000_000.5 })
        : says(400, 'ResourceNotFoundException')
      answer(response, body, '')
    })
    return {
      provider,
      present: at(contractFake.url),
      absent: at(contractFake.url, { id: 'prod/other' }),
      writable: null,
      versions: true,
      stop: async () => undefined,
    }
  },
  failures: {
    'AWS denies it': failing(
      'secret_denied',
      /does not let keyhand read `prod\/stripe` \(AccessDeniedException\)/,
      says(400, 'AccessDeniedException'),
    ),
    'its key cannot be used': failing(
      'secret_denied',
      /DecryptionFailure/,
      says(400, 'DecryptionFailure'),
    ),
    'AWS throttles': failing(
      'secret_throttled',
      /is throttling \(ThrottlingException\)/,
      says(400, 'ThrottlingException'),
    ),
    'a proxy throttles': failing('secret_throttled', /is throttling/, says(429, 'Whatever')),
    'the token is expired': failing(
      'secret_not_logged_in',
      /ExpiredTokenException/,
      says(400, 'ExpiredTokenException'),
    ),
    'the key is unknown': failing(
      'secret_not_logged_in',
      /UnrecognizedClientException/,
      says(400, 'UnrecognizedClientException'),
    ),
    'the clock is wrong': failing(
      'secret_not_logged_in',
      /InvalidSignatureException/,
      says(400, 'InvalidSignatureException'),
    ),
    'it is marked for deletion': failing(
      'secret_invalid',
      /present state/,
      says(400, 'InvalidRequestException'),
    ),
    'AWS does not understand the reference': failing(
      'secret_invalid',
      /does not accept/,
      says(400, 'InvalidParameterException'),
    ),
    'AWS is broken': failing(
      'secret_unreachable',
      /cannot be reached/,
      says(500, 'InternalServiceError'),
    ),
    'something else answers': failing('secret_unreachable', /answers nonsense/, (response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end(`<html>${CANARY}`)
    }),
    'the error is called something odd': failing(
      'secret_unreachable',
      /\(unknown\)/,
      says(400, `x ${CANARY}`),
    ),
    'the connection is cut': failing('secret_unreachable', /ECONNRESET/, (response) => {
      response.socket?.destroy()
    }),
    'nobody listens': {
      code: 'secret_unreachable',
      message: /ECONNREFUSED/,
      async setup() {
        const fake = await startAwsFake(awsValue({}))
        await fake.stop()
        return { provider, reference: at(fake.url) }
      },
    },
    'no credentials are found': {
      code: 'secret_not_logged_in',
      message: /missing, expired or not accepted \(CredentialsProviderError\)/,
      async setup() {
        vi.stubEnv('AWS_ACCESS_KEY_ID', undefined)
        vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined)
        const reference = at((await serve(awsValue({ SecretString: CANARY }))).url)
        return { provider: createAwsSecretsManagerProvider(), reference }
      },
    },
    'the profile does not exist': {
      code: 'secret_not_logged_in',
      message: /CredentialsProviderError/,
      async setup() {
        const { url } = await serve(awsValue({ SecretString: CANARY }))
        return { provider, reference: at(url, { profile: 'nobody' }) }
      },
    },
  },
})

describe('aws-secrets-manager', () => {
  const fetchValue = async (answer: AwsAnswer, more: Partial<AwsReference> = {}) => {
    const fake = await serve(answer)
    const fetched = await provider.fetch(at(fake.url, more), contextOf())
    return { fetched, text: fetched?.fields.get('value')?.reveal(), requests: fake.requests }
  }

  it('asks for the version and the stage that the catalog names', async () => {
    const version = {
      version_id: '0123456789-0123456789-0123456789-ab',
      version_stage: 'AWSPREVIOUS',
    }
    const { requests } = await fetchValue(awsValue({ SecretString: 'x' }), version)
    expect(JSON.parse(requests[0] ?? '')).toEqual({
      SecretId: 'prod/stripe',
      VersionId: version.version_id,
      VersionStage: 'AWSPREVIOUS',
    })
  })

  it('says which version it is and when that was made', async () => {
    const value = { SecretString: 'x', VersionId: 'v-7', CreatedDate: 1_790_000_000.5 }
    const { fetched } = await fetchValue(awsValue(value))
    expect(fetched).toMatchObject({ version: 'v-7', createdAt: 1_790_000_000_500 })
  })

  it('takes one key of a JSON object', async () => {
    const json = JSON.stringify({ api_key: CANARY, other: 'x' })
    expect((await fetchValue(awsValue({ SecretString: json }), { key: 'api_key' })).text).toBe(
      CANARY,
    )
    expect((await fetchValue(awsValue({ SecretString: json }))).text).toBe(json)
  })

  it.each([
    [
      '{"a":"1","b":"2"}',
      'constructor',
      '`prod/stripe` has no key `constructor`',
      'Use one of its keys: `a`, `b`.',
    ],
    ['{}', 'k', '`prod/stripe` has no key `k`', 'It has no keys at all.'],
    [
      '{"k":1234567890123456789}',
      'k',
      'the key `k` of `prod/stripe` is not text',
      'Store it as a JSON string.',
    ],
    [
      'plain',
      'k',
      '`prod/stripe` is not a JSON object, so it has no key `k`',
      'Remove `key:` to use the whole value.',
    ],
    [
      '["x"]',
      'k',
      '`prod/stripe` is not a JSON object, so it has no key `k`',
      'Remove `key:` to use the whole value.',
    ],
    ['{"k":""}', 'k', 'the key `k` of `prod/stripe` is empty in AWS Secrets Manager', null],
  ])('of %s refuses the key %s', async (SecretString, key, message, fix) => {
    const error = await thrownBy(fetchValue(awsValue({ SecretString }), { key }))
    expect(error).toMatchObject({ code: 'secret_invalid', message, fix })
  })

  it('gives a binary value as text where it is UTF-8, else as base64', async () => {
    const text = Buffer.from('zwölf').toString('base64')
    expect((await fetchValue(awsValue({ SecretBinary: text }))).text).toBe('zwölf')
    const bytes = Buffer.from([0xff, 0x00, 0x80]).toString('base64')
    expect((await fetchValue(awsValue({ SecretBinary: bytes }))).text).toBe(bytes)
  })

  it('refuses an empty secret', async () => {
    const error = await thrownBy(fetchValue(awsValue({ SecretString: '' })))
    expect(error.message).toBe('`prod/stripe` is empty in AWS Secrets Manager')
  })

  it('leaves at once when the call is cancelled, also between two attempts', async () => {
    const fake = await serve(says(400, 'ThrottlingException'))
    const controller = new AbortController()
    const fetched = thrownBy(provider.fetch(at(fake.url), contextOf('k', controller.signal)))
    for (let i = 0; i < 200 && fake.requests.length === 0; i += 1) {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    const before = performance.now()
    controller.abort()
    expect((await fetched).code).toBe('cancelled')
    expect(performance.now() - before).toBeLessThan(50)
  })

  it('says what to add where no region is known', async () => {
    const error = await thrownBy(
      createAwsSecretsManagerProvider().fetch({ id: 'prod/stripe' }, contextOf()),
    )
    expect(error).toMatchObject({
      code: 'secret_invalid',
      message: 'no region is known for `prod/stripe`',
      fix: 'Add `region:` to the secret in the catalog.',
    })
  })

  it.each([
    [{ endpoint: 'http://secrets.example.com' }, 'plain HTTP to another machine'],
    [{ endpoint: 'https://user:pw@secrets.example.com' }, 'a user in the URL'],
    [{ endpoint: 'ftp://localhost' }, 'another scheme'],
    [{ endpoint: 'https://a.example', from_environment: true }, 'two places for the endpoint'],
    [{ region: 'x.evil.example/' }, 'a region that would become another host'],
    [{ id: '' }, 'no id'],
  ] as [object, string][])('refuses %o: %s', (more) => {
    expect(provider.reference.safeParse({ id: 'prod/stripe', ...more }).success).toBe(false)
  })

  it('accepts what the design shows', () => {
    const reference = { id: 'prod/stripe', key: 'api_key', region: 'ap-northeast-1' }
    expect(provider.reference.parse(reference)).toEqual(reference)
  })
})
