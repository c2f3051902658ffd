import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createAwsSecretsManagerProvider } from '../../src/providers/aws-secrets-manager/aws-secrets-manager.ts'
import { contextOf, thrownBy } from '../contract/secret-provider.ts'
import { type AwsFake, awsValue, startAwsFake } from '../support/servers/aws-fake.ts'

/** What the client that starts keyhand may put into its environment must not move a secret or weaken a check. */
const folder = mkdtempSync(join(tmpdir(), 'keyhand-aws-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let lure: AwsFake
beforeEach(async () => {
  lure = await startAwsFake(awsValue({ SecretString: 'from the lure' }))
  for (const name of Object.keys(process.env))
    if (name.startsWith('AWS_')) vi.stubEnv(name, undefined)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret')
  vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent')
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent')
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
})
afterEach(async () => lure.stop())

/** A region whose host does not resolve, so that no test speaks to AWS. */
const reference = { id: 'prod/stripe', region: 'zz-nowhere-1' }

describe('an endpoint in the environment', () => {
  it.each(['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_SECRETS_MANAGER'])(
    '%s is ignored',
    async (name) => {
      vi.stubEnv(name, lure.url)
      const error = await thrownBy(createAwsSecretsManagerProvider().fetch(reference, contextOf()))
      expect(error.code).toBe('secret_unreachable')
      expect(lure.requests).toEqual([])
    },
  )

  it('of the profile is ignored', async () => {
    const config = join(folder, 'config')
    writeFileSync(config, `[profile work]\nendpoint_url = ${lure.url}\n`)
    vi.stubEnv('AWS_CONFIG_FILE', config)
    const error = await thrownBy(
      createAwsSecretsManagerProvider().fetch({ ...reference, profile: 'work' }, contextOf()),
    )
    expect(error.code).not.toBe('secret_invalid')
    expect(lure.requests).toEqual([])
  })

  it('counts where the catalog says from_environment', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', lure.url)
    const fetched = await createAwsSecretsManagerProvider().fetch(
      { ...reference, from_environment: true },
      contextOf(),
    )
    expect(fetched?.fields.get('value')?.reveal()).toBe('from the lure')
    expect(lure.requests).toHaveLength(1)
  })

  it('moves no call to STS either', async () => {
    const config = join(folder, 'config-sts')
    writeFileSync(
      config,
      '[profile base]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = x\n' +
        '[profile work]\nrole_arn = arn:aws:iam::123456789012:role/reader\nsource_profile = base\nregion = zz-nowhere-1\n',
    )
    vi.stubEnv('AWS_CONFIG_FILE', config)
    vi.stubEnv('AWS_ENDPOINT_URL', lure.url)
    vi.stubEnv('AWS_ENDPOINT_URL_STS', lure.url)
    const fetch = (more: object) =>
      thrownBy(
        createAwsSecretsManagerProvider().fetch(
          { ...reference, profile: 'work', ...more },
          contextOf(),
        ),
      )
    await fetch({})
    expect(lure.requests).toEqual([])
    // And this test can fail: where the catalog says so, the call goes there.
    await fetch({ from_environment: true })
    expect(lure.requests.join()).toContain('AssumeRole')
  })
})

describe('a certificate that nobody vouches for', () => {
  let secure: AwsFake
  beforeAll(async () => {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const subject = [
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=IP:127.0.0.1',
      '-days',
      '2',
    ]
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-keyout',
        key,
        '-out',
        cert,
        ...subject,
      ],
      { stdio: 'ignore' },
    )
    secure = await startAwsFake(awsValue({ SecretString: 'x' }), {
      key: readFileSync(key, 'utf8'),
      cert: readFileSync(cert, 'utf8'),
    })
  })
  afterAll(async () => secure.stop())

  it('is refused, whatever NODE_TLS_REJECT_UNAUTHORIZED says', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    const error = await thrownBy(
      createAwsSecretsManagerProvider().fetch({ ...reference, endpoint: secure.url }, contextOf()),
    )
    expect(error.code).toBe('secret_unreachable')
    expect(error.message).toBe(
      'the certificate of AWS Secrets Manager is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)',
    )
    expect(secure.requests).toEqual([])
  })
})

describe('a proxy in the environment', () => {
  it('is not used', async () => {
    const aws = await startAwsFake(awsValue({ SecretString: 'direct' }))
    const source = resolve(
      import.meta.dirname,
      '../../src/providers/aws-secrets-manager/aws-secrets-manager.ts',
    )
    const program = `
      const { createAwsSecretsManagerProvider } = await import(${JSON.stringify(pathToFileURL(source).href)})
      const fetched = await createAwsSecretsManagerProvider().fetch(
        { id: 'a', region: 'zz-nowhere-1', endpoint: process.argv[1] },
        { name: 'a', signal: new AbortController().signal },
      )
      console.log(fetched.fields.get('value').reveal())`
    // Node looks at these when it starts.
    const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'].map((name) => [
      name,
      lure.url,
    ])
    const child = await run(program, aws.url, Object.fromEntries(proxies) as Record<string, string>)
    expect(child).toBe('direct\n')
    expect(lure.requests).toEqual([])
    await aws.stop()
  })
})

async function run(program: string, url: string, proxies: Record<string, string>): Promise<string> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, url], {
    env: { ...process.env, ...proxies, NODE_USE_ENV_PROXY: '1' },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let output = ''
  child.stdout.setEncoding('utf8')
  child.stdout.on('data', (chunk: string) => {
    output += chunk
  })
  await new Promise((resolve) => child.once('close', resolve))
  return output
}
