import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { awsValue, startAwsFake } from '../support/servers/aws-fake.ts'
import { startGcpFake } from '../support/servers/gcp-fake.ts'

/** Bundlers lose named imports of CommonJS chunks and rename what a function's text refers to: so both are run bundled. */
const root = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(root, '.build-providers-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const program = `
import { mkdtempSync } from 'node:fs'
import { createProviders, openSecretsFile } from './src/providers/index.ts'
import { Secret } from './src/core/secret.ts'
const [what, argument] = process.argv.slice(2)
const signal = new AbortController().signal
const context = { name: 'a', signal }
const options = { home: argument, state: argument, env: {}, now: Date.now }
const provider = (type) => createProviders(options).get(type)
const value = async (type, reference) => (await provider(type).fetch(reference, context)).fields.get('value').reveal()
if (what === 'aws') console.log(await value('aws-secrets-manager', { id: 'x', region: 'zz-nowhere-1', endpoint: argument }))
if (what === 'ssm') {
  const assume_role = { arn: 'arn:aws:iam::123456789012:role/r', endpoint: argument }
  console.log(await value('aws-ssm', { name: '/x', region: 'zz-nowhere-1', endpoint: argument, assume_role }))
}
if (what === 'command') console.log(await value('command', { program: '/bin/echo', args: ['from', 'a', 'program'] }))
if (what === 'gcp') {
  const reference = { project: 'demo', name: 'x', endpoint: argument, token_endpoint: argument + '/token', service_account_key: 'k' }
  const secret = async () => new Secret('k', process.env.GCP_KEY)
  const fetched = await provider('gcp-secret-manager').fetch(reference, { ...context, secret })
  console.log(fetched.fields.get('value').reveal())
}
if (what === 'file') {
  const file = openSecretsFile(options)
  const passphrase = new Secret('p', 'correct horse')
  await file.create('passphrase', signal, passphrase)
  await file.unlock(passphrase, { into: 'socket', hours: 0.1 }, signal)
  await provider('file').store.put({}, new Secret('a', 'from the file'), context)
  console.log(await value('file', {}))
  console.log(await file.lock(signal))
}
process.exit()
`

describe('the providers in a bundle', () => {
  beforeAll(async () => {
    await build({
      absWorkingDir: root,
      stdin: { contents: program, resolveDir: root, loader: 'ts' },
      outdir: folder,
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node22',
      external: ['keytar'],
      minifyWhitespace: true,
      minifySyntax: true,
      banner: {
        js: "import{createRequire as keyhandCreateRequire}from'node:module';const require=keyhandCreateRequire(import.meta.url);",
      },
    })
  })

  it('ask AWS', async () => {
    const aws = await startAwsFake(awsValue({ SecretString: 'from AWS' }))
    expect(await run('aws', aws.url)).toBe('from AWS\n')
    await aws.stop()
  })

  it('ask Parameter Store as a role of STS', async () => {
    const credentials =
      '<AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><Expiration>2099-01-01T00:00:00Z</Expiration>'
    const aws = await startAwsFake((response, body, action) => {
      if (action === 'GetParameter') {
        awsValue({ Parameter: { Value: 'from SSM' } })(response, body, action)
        return
      }
      response.writeHead(200, { 'content-type': 'text/xml' })
      response.end(
        `<AssumeRoleResponse><AssumeRoleResult><Credentials>${credentials}</Credentials></AssumeRoleResult></AssumeRoleResponse>`,
      )
    })
    expect(await run('ssm', aws.url)).toBe('from SSM\n')
    await aws.stop()
  })

  it('ask Google', async () => {
    const gcp = await startGcpFake()
    gcp.secrets.set('projects/demo/secrets/x', [{ value: 'from Google' }])
    vi.stubEnv('GCP_KEY', gcp.serviceAccountKey)
    expect(await run('gcp', gcp.url)).toBe('from Google\n')
    await gcp.stop()
  })

  it.skipIf(process.platform === 'win32')('run a program', async () => {
    expect(await run('command', '')).toBe('from a program\n')
  })

  it('make, unlock, write, read and lock the encrypted file', async () => {
    const home = mkdtempSync(join(tmpdir(), 'kh-'))
    expect(await run('file', home)).toBe('from the file\ntrue\n')
    rmSync(home, { recursive: true, force: true })
  })
})

async function run(...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [join(folder, 'stdin.js'), ...args], {
    env: {
      ...process.env,
      AWS_ACCESS_KEY_ID: 'x',
      AWS_SECRET_ACCESS_KEY: 'x',
      AWS_CONFIG_FILE: '/nonexistent',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8')
  child.stdout.on('data', (chunk: string) => {
    output += chunk
  })
  await new Promise((done) => child.once('close', done))
  return output
}
