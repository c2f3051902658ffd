import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'

const BIN = resolve(import.meta.dirname, '../../bin/keyhand.js')

interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
  /** What the run left behind in the folder for temporary files. */
  readonly left: readonly string[]
}

/** Runs the built demo; `meddle` is code that every process of it runs first. */
async function demo(options: { meddle?: string; args?: readonly string[] } = {}): Promise<Ran> {
  expect(existsSync(resolve(BIN, '../../dist/main.js')), 'run `npm run build` first').toBe(true)
  const folder = mkdtempSync(join(tmpdir(), 'keyhand-e2e-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    TMPDIR: folder,
    TEMP: folder,
    KEYHAND_STATE: join(folder, 'own'),
  }
  if (options.meddle !== undefined) {
    const file = join(folder, 'meddle.mjs')
    writeFileSync(file, options.meddle)
    env['NODE_OPTIONS'] = `--import=${pathToFileURL(file).href}`
  }
  const child = spawn(process.execPath, [BIN, 'demo', ...(options.args ?? [])], {
    env,
    stdio: 'pipe',
  })
  const texts = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    texts.out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    texts.err += text
  })
  const code = await new Promise<number | null>((done) => child.once('close', done))
  const left = readdirSync(folder).filter((name) => name.startsWith('keyhand-demo-'))
  return { code, ...texts, left }
}

describe('keyhand demo', () => {
  it('tells its story, holds all of its checks, and leaves nothing behind', async () => {
    const { code, out, err, left } = await demo()
    expect({ code, err, left }).toEqual({ code: 0, err: '', left: [] })
    expect(out).not.toContain('✗')
    expect(out).toMatch(/All 8 checks hold\./)
    const told = out
      .replaceAll(/127\.0\.0\.1:\d+ */g, '127.0.0.1:PORT ')
      .replaceAll(/127\.0\.0\.1:\d+(\S+) +/g, '127.0.0.1:PORT$1  ')
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'CALL')
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}/g, 'CALL')
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME')
      .replaceAll(/(│ TIME\b.*)/g, (line) => line.replaceAll(/ {2,}/g, '  '))
    await expect(told).toMatchFileSnapshot('../golden/cli/demo.txt')
  })

  it('says what it checked under --json', async () => {
    const { code, out } = await demo({ args: ['--json'] })
    expect(code).toBe(0)
    const { ok, checks } = JSON.parse(out) as { ok: boolean; checks: { right: boolean }[] }
    expect({ ok, wrong: checks.filter(({ right }) => !right) }).toEqual({ ok: true, wrong: [] })
    expect(checks.length).toBe(8)
  })

  it('fails where one of its checks does', async () => {
    const meddle =
      "if (process.argv.includes('verify')) process.on('exit', () => { process.exitCode = 1 })"
    const { code, out, left } = await demo({ meddle })
    expect({ code, left }).toEqual({ code: 1, left: [] })
    expect(out).toContain('1 of 8 checks FAILED:\n   ✗ the trail is whole')
  })

  it('fails and shows nothing where the key is in what a command says', async () => {
    const meddle = `if (process.argv.includes('set')) {
      process.stdin.on('data', (chunk) => process.stdout.write(Buffer.from(chunk).toString('hex')))
    }`
    const { code, out, err, left } = await demo({ meddle })
    expect({ code, left }).toEqual({ code: 70, left: [] })
    expect(err).toContain('the demo found the key in what it was about to show')
    expect(out + err).not.toMatch(/shop_live_|73686f705f6c697665/)
  })
})
