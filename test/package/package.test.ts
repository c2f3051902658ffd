import { type ExecFileSyncOptions, execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

let folder: string
let packed: string[]

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyhand-package-'))
  const target = join(folder, 'packed')
  mkdirSync(target)
  const report = npm(
    ['pack', '--json', '--foreground-scripts=false', '--pack-destination', target],
    root,
  )
  packed = filesOf(report)
  const [tarball = ''] = readdirSync(target)
  writeFileSync(join(folder, 'package.json'), '{"private":true}')
  npm(['install', '--omit=dev', '--prefer-offline', join(target, tarball)], folder)
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe('the packed package, installed into an empty folder', () => {
  it('runs', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest
    expect(keyhand(['--version']).trim()).toContain(version)
  })

  it('is fewer than 10 packages', () => {
    const installed = JSON.parse(
      readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8'),
    ) as { packages: Record<string, unknown> }
    const names = Object.keys(installed.packages)
    expect(names).toContain('node_modules/keyhand')
    expect(names.length).toBeLessThan(10)
  })

  // 19 MB is what the base took; the providers of companies (1Password's WebAssembly above all) may take 25 MB more.
  it('is smaller than 44 MB', () => {
    const bytes = filesBelow(join(folder, 'node_modules')).reduce(
      (sum, file) => sum + statSync(file).size,
      0,
    )
    expect(bytes).toBeGreaterThan(1_000_000)
    expect(bytes).toBeLessThan(44_000_000)
  })

  it('brings the licences of what it contains, and no source, test or machine path', () => {
    expect(packed).toContain('LICENSE')
    expect(packed).toContain('dist/main.js')
    expect(packed).toContain('dist/THIRD-PARTY-LICENSES.txt')
    expect(packed.filter((file) => !/^(bin|dist|schema)\/|^[^/]+$/.test(file))).toEqual([])
    const texts = filesBelow(join(folder, 'node_modules/keyhand')).map((file) => ({
      file,
      text: readFileSync(file, 'utf8'),
    }))
    expect(texts.filter(({ text }) => text.includes(root)).map(({ file }) => file)).toEqual([])
  })
})

interface Manifest {
  readonly version: string
}

/** `npm pack --json` answers with a list of packages, or with an object that has one entry for each: by npm's version. */
function filesOf(report: string): string[] {
  const answer = JSON.parse(report) as Record<string, { files: { path: string }[] }>
  return Object.values(answer).flatMap(({ files }) => files.map(({ path }) => path))
}

/** The shim that npm made, on the Node that runs this test. */
function keyhand(args: string[]): string {
  const windows = process.platform === 'win32'
  const shim = join(folder, 'node_modules/.bin', windows ? 'keyhand.cmd' : 'keyhand')
  return execute(shim, args, { cwd: folder, shell: windows })
}

function npm(args: string[], cwd: string): string {
  return execute('npm', [...args, '--no-audit', '--no-fund'], {
    cwd,
    shell: process.platform === 'win32',
  })
}

/** Without what the npm that started this test says about itself: its prefix is not the one meant here. */
function execute(program: string, args: string[], options: ExecFileSyncOptions): string {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^npm_(package|lifecycle|command|prefix|config_local_prefix)/.test(name),
  )
  const env = {
    ...Object.fromEntries(inherited),
    PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
    KEYHAND_STATE: join(folder, 'state'),
  }
  return execFileSync(program, args, {
    ...options,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

function filesBelow(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}
