import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { awsValue, startAwsFake } from '../support/servers/aws-fake.ts'

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
