import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { createCommandProvider } from '../../src/providers/command/command.ts'
import type { CommandReference } from '../../src/providers/command/reference.ts'
import {
  CANARY,
  contextOf,
  describeSecretProvider,
  everyTextOf,
  type ProviderFailure,
  thrownBy,
} from '../contract/secret-provider.ts'

const root = mkdtempSync(join(tmpdir(), 'keyhand-command-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const provider = createCommandProvider()
let count = 0

/** A program of this test. */
function script(text: string, mode = 0o700): string {
  count += 1
  const path = join(root, `program-${count}`)
  writeFileSync(path, `#!/bin/sh\n${text}\n`)
  chmodSync(path, mode)
  return path
}

const printing = (text: string) => script(`cat <<'END'\n${text}\nEND`)

const fetch = (reference: CommandReference, signal = new AbortController().signal) =>
  provider.fetch(reference, contextOf('api_key', signal))

const text = async (reference: CommandReference) =>
  (await fetch(reference))?.fields.get('value')?.reveal()

const failing = (
  code: ProviderFailure<object>['code'],
  message: RegExp,
  reference: () => CommandReference,
): ProviderFailure<CommandReference> => ({
  code,
  message,
  setup: async () => ({ provider, reference: reference() }),
})

const exits = (code: number) => script(`echo ${CANARY}; echo ${CANARY} >&2; exit ${code}`)

describe.skipIf(process.platform === 'win32')('the command provider', () => {
  describeSecretProvider('command', {
    store: false,
    setup: async () => ({
      provider,
      present: { program: printing(CANARY) },
      absent: { program: exits(1), not_found_exit: [1, 4] },
      writable: null,
      versions: false,
      stop: async () => undefined,
    }),
    failures: {
      'its exit code is not explained': failing(
        'secret_denied',
        /gave no value \(exit code 1\)/,
        () => ({ program: exits(1) }),
      ),
      'its exit code is another one': failing('secret_denied', /\(exit code 2\)/, () => ({
        program: exits(2),
        not_found_exit: [1],
      })),
      'it says that it is denied': failing('secret_denied', /does not give the value/, () => ({
        program: exits(3),
        denied_exit: [3],
      })),
      'it says that its store is locked': failing('secret_locked', /is locked/, () => ({
        program: exits(4),
        locked_exit: [4],
      })),
      'it says that nobody is logged in': failing('secret_not_logged_in', /logged in/, () => ({
        program: exits(5),
        not_logged_in_exit: [5],
      })),
      'it says that it reaches nobody': failing('secret_unreachable', /cannot reach/, () => ({
        program: exits(6),
        unreachable_exit: [6],
      })),
      'a signal ends it': failing('secret_unreachable', /ended by a signal/, () => ({
        program: script(`echo ${CANARY}; kill -9 $$`),
      })),
      'it prints nothing': failing('secret_invalid', /printed nothing/, () => ({
        program: script('echo'),
      })),
      'it prints no text': failing('secret_invalid', /no UTF-8 text/, () => ({
        program: script("printf '\\377\\376'"),
      })),
      'it prints without end': failing('secret_invalid', /more than 1 MiB/, () => ({
        program: script(`while :; do echo ${CANARY.repeat(50)}; done`),
      })),
      'it prints no JSON': failing('secret_invalid', /did not print JSON/, () => ({
        program: printing(CANARY),
        json: '/a',
      })),
      'its JSON lacks the field': failing('secret_invalid', /nothing at `\/b`/, () => ({
        program: printing(JSON.stringify({ a: CANARY })),
        fields: ['b'],
      })),
      'its JSON has a number there': failing('secret_invalid', /`\/a` is not text/, () => ({
        program: printing('{"a":1}'),
        json: '/a',
      })),
      'there is no such program': failing('secret_invalid', /there is no program/, () => ({
        program: join(root, 'none'),
      })),
      'it may not be run': failing('secret_invalid', /cannot be started/, () => ({
        program: script('echo x', 0o600),
      })),
      'others can write it': failing('config_unsafe', /can be written by others/, () => ({
        program: script(`echo ${CANARY}`, 0o777),
      })),
      'others can write its folder': failing('config_unsafe', /could be replaced by/, () => {
        const folder = mkdtempSync(join(root, 'open-'))
        const path = join(folder, 'program')
        writeFileSync(path, `#!/bin/sh\necho ${CANARY}\n`)
        chmodSync(path, 0o700)
        chmodSync(folder, 0o777)
        return { program: path }
      }),
      'a link leads to what others can write': failing('config_unsafe', /written by others/, () => {
        const link = join(mkdtempSync(join(root, 'link-')), 'program')
        symlinkSync(script(`echo ${CANARY}`, 0o777), link)
        return { program: link }
      }),
    },
  })

  describe('what it prints', () => {
    it.each([
      ['a\\n', 'a'],
      ['a\\r\\n', 'a'],
      ['a\\n\\n', 'a\n'],
      ['  a ', '  a '],
      ['a\\nb\\n', 'a\nb'],
    ])('%s gives %j', async (printed, value) => {
      expect(await text({ program: script(`printf '${printed}'`) })).toBe(value)
    })

    it('is one value of its JSON, or several', async () => {
      const json = { login: { username: 'u', 'pass/word': CANARY }, list: ['x', 'y'] }
      const program = printing(JSON.stringify(json))
      expect(await text({ program, json: '/login/pass~1word' })).toBe(CANARY)
      expect(await text({ program, json: '/list/1' })).toBe('y')
      const fields = { username: '/login/username', password: '/login/pass~1word' }
      const fetched = await fetch({ program, fields })
      expect(
        [...(fetched?.fields ?? [])].map(([name, one]) => [name, one.field, one.reveal()]),
      ).toEqual([
        ['username', 'username', 'u'],
        ['password', 'password', CANARY],
      ])
      const flat = printing('{"username":"u","password":"p"}')
      const names = await fetch({ program: flat, fields: ['username', 'password'] })
      expect([...(names?.fields.keys() ?? [])]).toEqual(['username', 'password'])
    })

    it('is not what every object has', async () => {
      const program = printing('{"a":{}}')
      const error = await thrownBy(fetch({ program, json: '/a/constructor' }))
      expect(error.code).toBe('secret_invalid')
    })
  })

  describe('what it is given', () => {
    it('are its arguments as they are, and no shell reads them', async () => {
      const program = script('printf "%s|" "$@"')
      const args = ['$(touch pwned)', '; echo x', '*', '$HOME', 'a b', '{name}', '']
      expect(await text({ program, args })).toBe(`${args.join('|')}|`)
    })

    it('is an environment of which the agent’s side wrote nothing', async () => {
      vi.stubEnv('LD_PRELOAD', '')
      vi.stubEnv('KEYHAND_CANARY', CANARY)
      vi.stubEnv('PATH', `/tmp/evil:${process.env['PATH']}`)
      vi.stubEnv('HOME', '/tmp/evil')
      const printed = await text({ program: '/usr/bin/env', env: { STORE: '/srv/store' } })
      const names = (printed ?? '').split('\n').map((line) => line.replace(/=.*/, ''))
      expect(names.sort()).toEqual(['HOME', 'LC_ALL', 'PATH', 'STORE'])
      expect(printed).not.toContain('evil')
      expect(printed).not.toContain(CANARY)
    })

    it('may be a secret of the catalog', async () => {
      const program = script('printf %s "$SESSION"')
      const reference = { program, env: { SESSION: { secret: 'bw_session' }, OTHER: 'x' } }
      expect(provider.needs(reference)).toEqual(['bw_session'])
      expect(provider.needs({ program })).toEqual([])
      const fetched = await provider.fetch(reference, {
        ...contextOf(),
        secret: async (name) => new Secret(name, `${CANARY} of ${name}`),
      })
      expect(fetched?.fields.get('value')?.reveal()).toBe(`${CANARY} of bw_session`)
    })

    it('is no input and no terminal', async () => {
      const program = script(
        'cat; if (exec </dev/tty) 2>/dev/null; then echo tty; else echo none; fi',
      )
      expect(await text({ program })).toBe('none')
    })
  })

  it('has no version before the current one, and asks nobody for it', async () => {
    const marker = join(root, 'ran')
    const program = script(`touch ${marker}; echo x`)
    const fetched = await provider.fetch({ program }, { ...contextOf(), version: 'previous' })
    expect(fetched).toBeNull()
    expect(existsSync(marker)).toBe(false)
  })

  it('ends with the call, and so does all that it started', async () => {
    const pids = join(root, 'pids')
    const program = script(`sleep 300 & echo $! $$ > ${pids}; wait`)
    const controller = new AbortController()
    const fetched = thrownBy(fetch({ program }, controller.signal))
    const started = await vi.waitFor(
      () => readFileSync(pids, 'utf8').trim().split(' ').map(Number),
      { timeout: 5_000 },
    )
    expect(started).toHaveLength(2)
    controller.abort()
    expect((await fetched).code).toBe('cancelled')
    await vi.waitFor(() => {
      for (const pid of started) expect(isRunning(pid)).toBe(false)
    })
  })

  it('shows nothing of what it printed to stderr', async () => {
    const error = await thrownBy(fetch({ program: exits(7) }))
    expect(everyTextOf(error)).not.toContain(CANARY)
  })
})

describe('a reference to a command', () => {
  const program = '/usr/bin/pass'
  it.each([
    [{ program: 'pass' }, 'a name that PATH would decide'],
    [{ program: './pass' }, 'a path that depends on where keyhand was started'],
    [{ program, args: 'show x' }, 'a line for a shell'],
    [{ program, args: ['a\0b'] }, 'a NUL'],
    [{ program, json: 'password' }, 'what is no JSON Pointer'],
    [{ program, json: '/a', fields: ['b'] }, 'two ways'],
    [{ program, fields: {} }, 'no fields'],
    [{ program, env: { 'A=B': 'x' } }, 'a name that is none'],
    [{ program, env: { A: { secret: 'sk_live_ABCDEF' } } }, 'a value where a name belongs'],
    [{ program, not_found_exit: [0] }, 'success that is none'],
    [{ program, not_found_exit: [1], denied_exit: [1] }, 'two meanings of one code'],
    [{ program, not_found_exit: [] }, 'an empty list'],
    [{ program, shell: true }, 'a shell'],
  ] as [object, string][])('refuses %o: %s', (reference) => {
    expect(provider.reference.safeParse(reference).success).toBe(false)
  })
})

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
