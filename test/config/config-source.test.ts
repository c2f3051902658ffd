import {
  chmodSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createConfigSource } from '../../src/config/config-source.ts'
import type { BrokerError } from '../../src/core/errors.ts'
import { isRefusal } from '../../src/core/refusal.ts'
import type { Snapshot } from '../../src/core/snapshot.ts'
import { CATALOG, configHome, putFile, SCOPE } from '../support/config-home.ts'
import { fakeFamilies } from '../support/fake-families.ts'

const SCOPE_FILE = 'agents/claude-code.yaml'
const FILES = { 'keyhand.yaml': CATALOG, [SCOPE_FILE]: SCOPE }
const sourceOf = (home: string, agent = 'claude-code') =>
  createConfigSource({ home, agent, families: fakeFamilies })
const methodsOf = ({ scope }: Snapshot) =>
  isRefusal(scope)
    ? scope.message
    : (scope.tools.get('plain')?.rules[0]?.rule as { methods: string[] } | undefined)?.methods

/** Two scope files of the same length that allow different things. */
const READS =
  'agent: claude-code\ntools: { plain: { allow: [{ methods: [GET ], paths: [/**] }] } }\n'
const WRITES =
  'agent: claude-code\ntools: { plain: { allow: [{ methods: [POST], paths: [/**] }] } }\n'

describe('a snapshot', () => {
  it('is the same object while nothing changes', async () => {
    const source = sourceOf(configHome(FILES))
    const first = await source.snapshot()
    expect(first.problems.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(first.hashes).toMatchObject({
      catalog: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      policies: null,
    })
    expect(await source.snapshot()).toBe(first)
    expect(await Promise.all([source.snapshot(), source.snapshot()])).toEqual([first, first])
  })

  it('is the same object after a save that changes nothing', async () => {
    const home = configHome(FILES)
    const source = sourceOf(home)
    const first = await source.snapshot()
    putFile(home, SCOPE_FILE, SCOPE)
    expect(await source.snapshot()).toBe(first)
  })

  it('reads nothing before the first question', async () => {
    const home = configHome({})
    const source = sourceOf(home)
    putFile(home, 'keyhand.yaml', CATALOG)
    putFile(home, SCOPE_FILE, SCOPE)
    expect(isRefusal((await source.snapshot()).scope)).toBe(false)
  })

  it('carries the rules of guardrail files as they stand, sorted, and their hash', async () => {
    const guardrails = {
      'policies/b.cedar': 'forbid b',
      'policies/a.cedar': 'forbid a',
      'policies/.hidden.cedar': 'x',
    }
    const { guardrails: read, hashes } = await sourceOf(
      configHome({ ...FILES, ...guardrails }),
    ).snapshot()
    expect(read).toEqual([
      { file: 'policies/a.cedar', text: 'forbid a' },
      { file: 'policies/b.cedar', text: 'forbid b' },
    ])
    expect(hashes.policies).toMatch(/^[0-9a-f]{64}$/)
  })

  it('warns of a file among the guardrails that is not one', async () => {
    const { problems } = await sourceOf(
      configHome({ ...FILES, 'policies/no-deletes.cedar.txt': 'x' }),
    ).snapshot()
    expect(problems.at(-1)).toMatchObject({
      severity: 'warning',
      message: '`no-deletes.cedar.txt` is no guardrail: its name does not end in `.cedar`',
    })
  })
})

describe('what is not there', () => {
  it('is a refusal that says how to make a catalog', async () => {
    const { refusal, scope } = await sourceOf(configHome({ [SCOPE_FILE]: SCOPE })).snapshot()
    expect(refusal).toEqual({
      refused: true,
      reason: 'config_error',
      message: 'keyhand.yaml:1:1 there is no catalog',
      fix: 'make one with `keyhand init`',
    })
    expect(isRefusal(scope)).toBe(false)
  })

  it('is a refusal that names the scope file to write', async () => {
    const { scope } = await sourceOf(configHome(FILES), 'cursor').snapshot()
    expect(scope).toEqual({
      refused: true,
      reason: 'no_scope',
      message: 'the agent `cursor` has no scope file',
      fix: 'write agents/cursor.yaml below KEYHAND_HOME, or make a first one with `keyhand init --agent cursor`',
    })
  })

  it.each(['../claude-code', 'Claude', '', 'a/b', 'x'.repeat(41)])(
    'is no file at all for an agent `%s`',
    (agent) => {
      expect(() => sourceOf('/nowhere', agent)).toThrow(
        expect.objectContaining({
          code: 'usage',
          message: 'that cannot be the name of an agent',
        }) as BrokerError,
      )
    },
  )
})

describe('a change', () => {
  it('of the scope file between two questions is seen, though size and time stay the same', async () => {
    const home = configHome({ ...FILES, [SCOPE_FILE]: READS })
    const path = join(home, SCOPE_FILE)
    const { mtime, atime } = statSync(path)
    utimesSync(path, atime, mtime)
    const source = sourceOf(home)
    for (const [text, methods] of [
      [READS, ['GET']],
      [WRITES, ['POST']],
      [READS, ['GET']],
    ] as const) {
      writeFileSync(path, text)
      utimesSync(path, atime, mtime)
      expect(methodsOf(await source.snapshot())).toEqual(methods)
    }
  })

  it('by a rename over the file is seen, though size and time stay the same', async () => {
    const home = configHome({ ...FILES, [SCOPE_FILE]: READS })
    const path = join(home, SCOPE_FILE)
    const { mtime, atime } = statSync(path)
    utimesSync(path, atime, mtime)
    const source = sourceOf(home)
    expect(methodsOf(await source.snapshot())).toEqual(['GET'])
    writeFileSync(`${path}.new`, WRITES)
    utimesSync(`${path}.new`, atime, mtime)
    renameSync(`${path}.new`, path)
    expect(methodsOf(await source.snapshot())).toEqual(['POST'])
  })

  it('of a file that has long been at rest is seen by its ctime', async () => {
    const home = configHome({ ...FILES, [SCOPE_FILE]: READS })
    const path = join(home, SCOPE_FILE)
    const { mtime, atime } = statSync(path)
    utimesSync(path, atime, mtime)
    const source = sourceOf(home)
    await sleep(2_700)
    const first = await source.snapshot()
    expect(await source.snapshot()).toBe(first)
    const { mtimeNs, size } = statSync(path, { bigint: true })
    writeFileSync(path, WRITES)
    utimesSync(path, atime, mtime)
    expect(statSync(path, { bigint: true })).toMatchObject({ mtimeNs, size })
    expect(methodsOf(await source.snapshot())).toEqual(['POST'])
  })

  it('is never missed by a question that joins one under way', async () => {
    const home = configHome({ ...FILES, [SCOPE_FILE]: READS })
    const source = sourceOf(home)
    for (let round = 0; round < 20; round++) {
      const text = round % 2 === 0 ? WRITES : READS
      const early = [source.snapshot(), source.snapshot()]
      await sleep(round % 3)
      putFile(home, SCOPE_FILE, text)
      const late = await Promise.all([source.snapshot(), source.snapshot(), source.snapshot()])
      expect(late.map(methodsOf)).toEqual(Array(3).fill(text === WRITES ? ['POST'] : ['GET']))
      await Promise.all(early)
    }
  })

  it('that deletes the scope file revokes it at once', async () => {
    const home = configHome(FILES)
    const source = sourceOf(home)
    expect(isRefusal((await source.snapshot()).scope)).toBe(false)
    rmSync(join(home, SCOPE_FILE))
    expect((await source.snapshot()).scope).toMatchObject({ reason: 'no_scope' })
    putFile(home, SCOPE_FILE, SCOPE)
    expect(isRefusal((await source.snapshot()).scope)).toBe(false)
    rmSync(home, { recursive: true })
    const gone = await source.snapshot()
    expect(gone.scope).toMatchObject({ reason: 'no_scope' })
    expect(gone.refusal).toMatchObject({ reason: 'config_error' })
  })

  it('with a mistake never keeps the old scope in force', async () => {
    const home = configHome(FILES)
    const source = sourceOf(home)
    await source.snapshot()
    putFile(home, SCOPE_FILE, SCOPE.replace('[GET]', '[GTE]'))
    expect((await source.snapshot()).scope).toMatchObject({
      reason: 'config_error',
      message:
        'agents/claude-code.yaml:6:19 `methods[0]` must be one of `GET`, `POST`, `DELETE`, `ANY`',
    })
    putFile(home, SCOPE_FILE, '')
    expect((await source.snapshot()).scope).toMatchObject({ reason: 'config_error' })
  })

  it('of the catalog or a guardrail is seen, and so is one that came', async () => {
    const home = configHome(FILES)
    const source = sourceOf(home)
    const first = await source.snapshot()
    putFile(home, 'policies/a.cedar', 'forbid')
    const second = await source.snapshot()
    expect(second.guardrails).toEqual([{ file: 'policies/a.cedar', text: 'forbid' }])
    putFile(home, 'policies/a.cedar', 'FORBID')
    expect((await source.snapshot()).guardrails).toEqual([
      { file: 'policies/a.cedar', text: 'FORBID' },
    ])
    putFile(home, 'keyhand.yaml', CATALOG.replace('GitHub REST API', 'changed'))
    const last = await source.snapshot()
    expect(last.tools.get('github')).toMatchObject({ description: 'changed' })
    expect(last.hashes.catalog).not.toBe(first.hashes.catalog)
    expect(last.hashes.scope).toBe(first.hashes.scope)
  })

  it('leaves the snapshot of a call that has started as it was', async () => {
    const home = configHome({ ...FILES, [SCOPE_FILE]: READS })
    const source = sourceOf(home)
    const held = await source.snapshot()
    putFile(home, SCOPE_FILE, WRITES)
    await source.snapshot()
    expect(methodsOf(held)).toEqual(['GET'])
  })
})

describe.runIf(process.platform !== 'win32')('a file that others can write', () => {
  it('is refused for as long as they can, catalog, scope and guardrail alike', async () => {
    const home = configHome({ ...FILES, 'policies/a.cedar': 'forbid' })
    const source = sourceOf(home)
    const before = await source.snapshot()
    for (const [file, part] of [
      ['keyhand.yaml', 'refusal'],
      [SCOPE_FILE, 'scope'],
      ['policies/a.cedar', 'guardrails'],
    ] as const) {
      const path = join(home, file)
      chmodSync(path, 0o646)
      expect((await source.snapshot())[part]).toEqual({
        refused: true,
        reason: 'config_error',
        message: `${file}:1:1 the file can be written by everyone (mode 0646)`,
        fix: `take the right away: chmod go-w '${path}'`,
      })
      chmodSync(path, 0o644)
      expect((await source.snapshot())[part]).toEqual(before[part])
    }
  })

  it('is refused for a folder above it that others can write', async () => {
    const home = configHome(FILES)
    const source = sourceOf(home)
    await source.snapshot()
    chmodSync(join(home, 'agents'), 0o777)
    expect((await source.snapshot()).scope).toMatchObject({
      reason: 'config_error',
      message: `agents/claude-code.yaml:1:1 \`${join(home, 'agents')}\` can be written by everyone (mode 0777)`,
    })
    chmodSync(join(home, 'agents'), 0o1777)
    expect(isRefusal((await source.snapshot()).scope)).toBe(false)
  })

  it('is refused where the folder of guardrails is open, though it is empty: one may have been taken out', async () => {
    const home = configHome(FILES)
    mkdirSync(join(home, 'policies'))
    chmodSync(join(home, 'policies'), 0o777)
    expect((await sourceOf(home).snapshot()).guardrails).toMatchObject({
      message: 'policies:1:1 the folder can be written by everyone (mode 0777)',
    })
  })

  it('is refused behind a link, and a link to a safe one is followed and its target watched for changes', async () => {
    const elsewhere = configHome({ 'real.yaml': READS })
    const home = configHome({ 'keyhand.yaml': CATALOG })
    mkdirSync(join(home, 'agents'))
    symlinkSync(join(elsewhere, 'real.yaml'), join(home, SCOPE_FILE))
    const source = sourceOf(home)
    expect(methodsOf(await source.snapshot())).toEqual(['GET'])
    putFile(elsewhere, 'real.yaml', WRITES)
    expect(methodsOf(await source.snapshot())).toEqual(['POST'])
    chmodSync(elsewhere, 0o777)
    expect((await source.snapshot()).scope).toMatchObject({
      message: `agents/claude-code.yaml:1:1 \`${elsewhere}\` can be written by everyone (mode 0777)`,
    })
  })

  it('is seen when a link is turned to another file', async () => {
    const home = configHome({ 'keyhand.yaml': CATALOG, 'a.yaml': READS, 'b.yaml': WRITES })
    mkdirSync(join(home, 'agents'))
    const link = join(home, SCOPE_FILE)
    symlinkSync('../a.yaml', link)
    const source = sourceOf(home)
    expect(methodsOf(await source.snapshot())).toEqual(['GET'])
    rmSync(link)
    symlinkSync('../b.yaml', link)
    expect(methodsOf(await source.snapshot())).toEqual(['POST'])
  })

  it.each([
    ['a folder', (path: string) => mkdirSync(path), 'the file is not a file'],
    [
      'a link to itself',
      (path: string) => symlinkSync(path, path),
      'the file goes through too many links',
    ],
    [
      '256 KiB and one byte',
      (path: string) => writeFileSync(path, '#'.repeat(256 * 1024 + 1)),
      'the file is larger than 256 KiB',
    ],
  ])('is not read: %s', async (_, make, message) => {
    const home = configHome({ 'keyhand.yaml': CATALOG })
    mkdirSync(join(home, 'agents'))
    make(join(home, SCOPE_FILE))
    expect((await sourceOf(home).snapshot()).scope).toMatchObject({
      reason: 'config_error',
      message: `agents/claude-code.yaml:1:1 ${message}`,
    })
  })
})

describe('watching', () => {
  const watched = (home: string) => {
    const onChange = vi.fn()
    const stop = sourceOf(home).watch(onChange)
    onTestFinished(stop)
    return { onChange, stop }
  }

  it('tells a change of scope, catalog and guardrails, though their folders are not there yet', async () => {
    const home = configHome({})
    const { onChange, stop } = watched(join(home, 'not', 'yet'))
    for (const file of ['keyhand.yaml', SCOPE_FILE, 'policies/a.cedar']) {
      onChange.mockClear()
      putFile(home, `not/yet/${file}`, 'x')
      await vi.waitFor(() => expect(onChange).toHaveBeenCalled(), { timeout: 5_000 })
      await sleep(250)
    }
    stop()
    onChange.mockClear()
    putFile(home, 'not/yet/keyhand.yaml', 'y')
    await sleep(300)
    expect(onChange).not.toHaveBeenCalled()
  })

  it('tells a row of saves once, and nothing of a neighbour', async () => {
    const home = configHome(FILES)
    const { onChange } = watched(home)
    await sleep(50)
    putFile(home, 'agents/other.yaml', 'x')
    putFile(home, 'secrets.age', 'x')
    await sleep(300)
    expect(onChange).not.toHaveBeenCalled()
    for (let i = 0; i < 5; i++) putFile(home, SCOPE_FILE, `${SCOPE}# ${i}\n`)
    await vi.waitFor(() => expect(onChange).toHaveBeenCalledTimes(1), { timeout: 5_000 })
    await sleep(300)
    expect(onChange).toHaveBeenCalledTimes(1)
  })
})
