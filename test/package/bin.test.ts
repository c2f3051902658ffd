import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { transformSync } from 'esbuild'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { placesOf } from '../../src/places.ts'

const root = resolve(import.meta.dirname, '../..')

/** Stands in for the bundled command: says what it runs on, and ends as its argument asks. */
const fakeMain = `
import module from 'node:module'
const [how] = process.argv.slice(2)
if (how === 'wait') {
  process.on('SIGTERM', () => process.exit(3))
  setInterval(() => {}, 1000)
}
if (how === 'die') process.kill(process.pid, 'SIGKILL')
process.exitCode = how === 'fail' ? 7 : 0
console.log(JSON.stringify({ args: process.argv.slice(2), node: process.version, cache: module.getCompileCacheDir() ?? null }))
`

/** Makes a Node look like an older one to the program that it runs, but not to that program's children. */
const olderNode = `
Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })
Object.defineProperty(process, 'version', { value: 'v20.20.2' })
`

let folder: string
let bin: string
let state: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyhand-bin-'))
  const installed = join(folder, 'node_modules/keyhand')
  mkdirSync(join(installed, 'dist'), { recursive: true })
  cpSync(join(root, 'bin'), join(installed, 'bin'), { recursive: true })
  writeFileSync(join(installed, 'package.json'), '{"type":"module"}')
  writeFileSync(join(installed, 'dist/main.js'), fakeMain)
  writeFileSync(join(folder, 'older.cjs'), olderNode)
  bin = join(installed, 'bin/keyhand.js')
  state = join(folder, 'state')
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe('bin/keyhand.js', () => {
  it('uses no syntax that came after Node 12', () => {
    const text = readFileSync(join(root, 'bin/keyhand.js'), 'utf8')
    // Node 12 has `import()`, which esbuild believes of 13 only.
    const supported = { 'dynamic-import': true }
    const compiled = (target: string) => transformSync(text, { target, supported }).code
    expect(compiled('node12')).toBe(compiled('esnext'))
    expect(text).not.toContain("'node:")
  })

  it('runs the command on a Node that is new enough', () => {
    expect(run(['a', '--b'])).toMatchObject({
      code: 0,
      said: { args: ['a', '--b'], node: process.version },
    })
  })

  it('says what to do in a checkout that is not built', () => {
    rmSync(join(folder, 'node_modules/keyhand/dist'), { recursive: true })
    const { code, stderr } = run([])
    expect(code).toBe(1)
    expect(stderr).toBe('keyhand is not built here yet: run `npm ci && npm run build`\n')
  })
})

describe('on a Node that is too old', () => {
  it('says which is needed and how to get it', () => {
    const { code, stderr, said } = run([], { older: true })
    expect(code).toBe(1)
    expect(said).toBeNull()
    expect(stderr).toBe(
      'keyhand needs Node >= 22.19, and this is v20.20.2\n' +
        'get it from https://nodejs.org, or beside keyhand with: npm install node@24\n',
    )
  })

  it('goes on with the package `node` beside it', () => {
    installNodeBeside()
    const { code, said } = run(['a', '--b', 'c d'], { older: true })
    expect(code).toBe(0)
    expect(said).toMatchObject({ args: ['a', '--b', 'c d'], node: process.version })
  })

  it('does not go on with one that is too old itself', () => {
    installNodeBeside('20.20.2')
    expect(run([], { older: true })).toMatchObject({ code: 1, said: null })
  })

  it('does not go on with one whose program is missing', () => {
    installNodeBeside()
    rmSync(join(folder, 'node_modules/node/bin'), { recursive: true })
    expect(run([], { older: true })).toMatchObject({ code: 1, said: null })
  })

  it('passes on the exit code', () => {
    installNodeBeside()
    expect(run(['fail'], { older: true }).code).toBe(7)
  })

  it.skipIf(process.platform === 'win32')('passes on the signal that ended it', () => {
    installNodeBeside()
    expect(run(['die'], { older: true })).toMatchObject({ code: null, signal: 'SIGKILL' })
  })

  it.skipIf(process.platform === 'win32')('forwards SIGTERM', async () => {
    installNodeBeside()
    const child = spawn(process.execPath, ['--require', join(folder, 'older.cjs'), bin, 'wait'], {
      env: environment(),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([3, null])
  })

  const oldNode = findOldNode()
  it.skipIf(oldNode === null)('does all that on a real old Node', () => {
    const node = oldNode ?? ''
    expect(run([], { node })).toMatchObject({ code: 1, said: null })
    installNodeBeside()
    expect(run(['a'], { node }).said).toMatchObject({ args: ['a'], node: process.version })
  })
})

describe.skipIf(process.platform === 'win32')('the compile cache', () => {
  it('is in the state folder, for this user alone', () => {
    expect(run([]).said?.cache).toContain(join(state, 'compile-cache'))
    expect(statSync(state).mode & 0o777).toBe(0o700)
    expect(statSync(join(state, 'compile-cache')).mode & 0o777).toBe(0o700)
  })

  it('is not used where others could write to it', () => {
    mkdirSync(join(state, 'compile-cache'), { recursive: true })
    chmodSync(join(state, 'compile-cache'), 0o770)
    expect(run([])).toMatchObject({ code: 0, said: { cache: null } })
  })

  it('is not used where others could put another folder in its place', () => {
    mkdirSync(state)
    chmodSync(state, 0o777)
    expect(run([])).toMatchObject({ code: 0, said: { cache: null } })
  })

  it('is not used where it is a link', () => {
    mkdirSync(state, { mode: 0o700 })
    mkdirSync(join(folder, 'elsewhere'), { mode: 0o700 })
    symlinkSync(join(folder, 'elsewhere'), join(state, 'compile-cache'))
    expect(run([])).toMatchObject({ code: 0, said: { cache: null } })
  })

  it('is not needed', () => {
    writeFileSync(state, 'a file where the folder should be')
    expect(run([])).toMatchObject({ code: 0, said: { cache: null } })
  })

  it.each([undefined, 'relative', join(tmpdir(), 'keyhand-bin-xdg')])(
    'is where the command itself keeps its state: XDG_STATE_HOME=%s',
    (xdg) => {
      const env: Record<string, string> = { KEYHAND_STATE: '' }
      if (xdg !== undefined) env['XDG_STATE_HOME'] = xdg
      vi.stubEnv('HOME', folder)
      expect(run([], { env }).said?.cache).toContain(join(placesOf(env).state, 'compile-cache'))
      if (xdg !== undefined) rmSync(resolve(xdg), { recursive: true, force: true })
    },
  )
})

interface Said {
  readonly args: string[]
  readonly node: string
  readonly cache: string | null
}

function run(
  args: string[],
  options: { older?: boolean; node?: string; env?: Record<string, string> } = {},
) {
  const preload = options.older === true ? ['--require', join(folder, 'older.cjs')] : []
  const result = spawnSync(options.node ?? process.execPath, [...preload, bin, ...args], {
    env: { ...environment(), ...options.env },
    encoding: 'utf8',
  })
  const said = result.stdout === '' ? null : (JSON.parse(result.stdout) as Said)
  return { code: result.status, signal: result.signal, stderr: result.stderr, said }
}

function environment(): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', HOME: folder, KEYHAND_STATE: state }
}

function installNodeBeside(version = process.versions.node): void {
  const beside = join(folder, 'node_modules/node')
  const program = process.platform === 'win32' ? 'node.exe' : 'node'
  mkdirSync(join(beside, 'bin'), { recursive: true })
  writeFileSync(join(beside, 'package.json'), JSON.stringify({ name: 'node', version }))
  symlinkSync(process.execPath, join(beside, 'bin', program))
}

/** A Node on the PATH, other than the one of node_modules, that is too old for keyhand. */
function findOldNode(): string | null {
  for (const entry of (process.env['PATH'] ?? '').split(':')) {
    const node = join(entry, 'node')
    if (dirname(entry).endsWith('node_modules')) continue
    try {
      const version = execFileSync(node, ['--version'], { encoding: 'utf8', stdio: 'pipe' })
      const [major = 0, minor = 0] = version.slice(1).split('.').map(Number)
      if (major < 22 || (major === 22 && minor < 19)) return node
    } catch {
      // There is none in this folder.
    }
  }
  return null
}
