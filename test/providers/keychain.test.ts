import { createHash } from 'node:crypto'
import { mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import type { Keytar } from '../../src/providers/keychain/library.ts'
import { createKeychainProvider, type KeychainOptions } from '../../src/providers/keychain.ts'
import {
  CANARY,
  contextOf,
  describeSecretProvider,
  everyTextOf,
  type ProviderFailure,
  thrownBy,
} from '../contract/secret-provider.ts'

const folder = mkdtempSync(join(tmpdir(), 'keyhand-keychain-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A fake of keytar, in memory. */
function fakeKeytar(
  faults: Partial<Keytar> = {},
): Keytar & { readonly items: Map<string, string> } {
  const items = new Map<string, string>()
  return {
    items,
    getPassword: async (service, account) => items.get(`${service}/${account}`) ?? null,
    setPassword: async (service, account, value) => void items.set(`${service}/${account}`, value),
    deletePassword: async (service, account) => items.delete(`${service}/${account}`),
    ...faults,
  }
}

function provider(keytar: Keytar, options: Partial<KeychainOptions> = {}) {
  return createKeychainProvider({
    home: folder,
    defaultHome: folder,
    platform: 'linux',
    load: async () => keytar,
    timeoutMs: 50,
    onHang: () => undefined,
    ...options,
  })
}

const never = () => new Promise<never>(() => undefined)
const saying = (message: string) => async () => {
  throw new Error(`${message} ${CANARY}`)
}

function failing(
  keytar: Partial<Keytar>,
  code: ProviderFailure<object>['code'],
  message: RegExp,
): ProviderFailure<object> {
  return {
    code,
    message,
    setup: async () => ({ provider: provider(fakeKeytar(keytar)), reference: {} }),
  }
}

describeSecretProvider('keychain on a fake of keytar', {
  store: true,
  setup: async () => {
    const keytar = fakeKeytar()
    keytar.items.set('keyhand/api_key', CANARY)
    keytar.items.set('keyhand/keyhand-probe', 'there')
    return {
      provider: provider(keytar),
      present: { account: 'api_key' },
      absent: {},
      writable: {},
      versions: false,
      stop: async () => undefined,
    }
  },
  failures: {
    'neither the item nor the probe can be read': failing({}, 'secret_locked', /nor the probe/),
    'the keychain never answers': failing(
      { getPassword: never },
      'secret_timeout',
      /within 0\.05 s/,
    ),
    'there is no D-Bus': failing(
      { getPassword: saying('Cannot autolaunch D-Bus without X11 $DISPLAY') },
      'secret_unreachable',
      /there is no D-Bus session/,
    ),
    'the bus is dead': failing(
      { getPassword: saying('Could not connect: No such file or directory') },
      'secret_unreachable',
      /there is no D-Bus session/,
    ),
    'nobody provides the Secret Service': failing(
      {
        getPassword: saying(
          'The name org.freedesktop.secrets was not provided by any .service files',
        ),
      },
      'secret_unreachable',
      /no program provides the Secret Service/,
    ),
    'there is no default collection': failing(
      {
        getPassword: saying(
          'Object does not exist at path “/org/freedesktop/secrets/collection/login”',
        ),
      },
      'secret_unreachable',
      /no default collection/,
    ),
    'macOS may not ask': failing(
      { getPassword: saying('User interaction is not allowed.') },
      'secret_locked',
      /is locked/,
    ),
    'the human says no': failing(
      { getPassword: saying('User canceled the operation.') },
      'secret_denied',
      /did not let keyhand read/,
    ),
    'nobody knows what is wrong': failing(
      { getPassword: saying('?!') },
      'secret_unreachable',
      /does not know/,
    ),
    'the library cannot be loaded': {
      code: 'secret_unreachable',
      message: /could not be loaded/,
      setup: async () => ({
        provider: provider(fakeKeytar(), { load: saying('Failed to load keytar native addon') }),
        reference: {},
      }),
    },
  },
})

describe('keychain', () => {
  const put = (keytar: Keytar, value = CANARY, options: Partial<KeychainOptions> = {}) =>
    provider(keytar, options).store.put({}, new Secret('api_key', value), contextOf())

  it('keeps items of the default home under `keyhand`, and a probe with them', async () => {
    const keytar = fakeKeytar()
    await put(keytar)
    expect([...keytar.items.keys()]).toEqual(['keyhand/keyhand-probe', 'keyhand/api_key'])
  })

  it("keeps another home's items under the hash of its real path", async () => {
    const keytar = fakeKeytar()
    const link = join(folder, 'link')
    symlinkSync(folder, link)
    const hash = createHash('sha256').update(realpathSync(folder)).digest('hex').slice(0, 8)
    for (const home of [folder, link]) {
      keytar.items.clear()
      await put(keytar, CANARY, { home, defaultHome: '/home/someone/.config/keyhand' })
      expect(keytar.items.has(`keyhand:${hash}/api_key`)).toBe(true)
    }
  })

  it('takes the service and account that the catalog names', async () => {
    const keytar = fakeKeytar()
    keytar.items.set('other/me', CANARY)
    const fetched = await provider(keytar).fetch({ service: 'other', account: 'me' }, contextOf())
    expect(fetched?.fields.get('value')?.reveal()).toBe(CANARY)
  })

  it('says so where the keychain says stored and does not give it back', async () => {
    const liar = fakeKeytar({ setPassword: async () => undefined })
    const error = await thrownBy(put(liar))
    expect(error.code).toBe('secret_unreachable')
    expect(error.message).toBe(
      'the OS keychain said that it stored `api_key`, but does not give it back',
    )
    expect(everyTextOf(error)).not.toContain(CANARY)
  })

  it('says so where only the value is lost, or changed', async () => {
    for (const back of [null, 'something else']) {
      const keytar = fakeKeytar()
      const { getPassword } = keytar
      keytar.getPassword = async (service, account) =>
        account === 'api_key' ? back : getPassword(service, account)
      expect((await thrownBy(put(keytar))).message).toContain('does not give it back')
    }
  })

  it('writes nothing that Windows cannot take, and says how long it may be', async () => {
    const keytar = fakeKeytar()
    const error = await thrownBy(put(keytar, 'ü'.repeat(1281), { platform: 'win32' }))
    expect(error.code).toBe('secret_invalid')
    expect(error.message).toBe(
      'the value has 2562 bytes, and Windows Credential Manager takes 2560',
    )
    expect(keytar.items.size).toBe(0)
    await put(keytar, 'ü'.repeat(1280), { platform: 'win32' })
    await put(keytar, 'ü'.repeat(5000))
  })

  it('refuses a value that a keychain would cut, an empty one and a field', async () => {
    const keytar = fakeKeytar()
    expect((await thrownBy(put(keytar, 'a\0b'))).message).toContain('NUL')
    expect((await thrownBy(put(keytar, ''))).message).toBe('the value is empty')
    const field = new Secret('api_key', 'x', 'password')
    const error = await thrownBy(provider(keytar).store.put({}, field, contextOf()))
    expect(error.message).toContain('one value')
    expect(keytar.items.size).toBe(0)
  })

  it('does not say removed, nor not there, where a locked keychain shows nothing', async () => {
    const error = await thrownBy(provider(fakeKeytar()).store.remove({}, contextOf()))
    expect(error.code).toBe('secret_locked')
  })

  it('does not pile up calls behind one that hangs, and recovers when it ends', async () => {
    let answer: (value: string) => void = () => undefined
    let calls = 0
    let hangs = 0
    const keytar = fakeKeytar({
      getPassword: () => {
        calls += 1
        return new Promise((resolve) => {
          answer = resolve
        })
      },
    })
    // Long enough for a busy machine to give the second answer in time.
    const hanging = provider(keytar, {
      timeoutMs: 2_000,
      onHang: () => {
        hangs += 1
      },
    })
    expect((await thrownBy(hanging.fetch({}, contextOf()))).message).toContain('within 2 s')
    expect((await thrownBy(hanging.fetch({}, contextOf()))).message).toContain('earlier call')
    expect(calls).toBe(1)
    expect(hangs).toBe(1)
    answer('late')
    await new Promise((resolve) => setTimeout(resolve, 5))
    const next = hanging.fetch({}, contextOf())
    await vi.waitFor(() => expect(calls).toBe(2))
    answer(CANARY)
    expect((await next)?.fields.get('value')?.reveal()).toBe(CANARY)
  })

  it('lets a cancelled call go at once, without taking it for a hang', async () => {
    const controller = new AbortController()
    const keytar = fakeKeytar({ getPassword: never })
    const patient = provider(keytar, { timeoutMs: 5_000 })
    const fetched = thrownBy(patient.fetch({}, contextOf('api_key', controller.signal)))
    setTimeout(() => controller.abort(), 5)
    expect((await fetched).code).toBe('cancelled')
    const other = fakeKeytar()
    other.items.set('keyhand/api_key', CANARY)
    keytar.getPassword = other.getPassword
    expect(await patient.fetch({}, contextOf())).not.toBeNull()
  })

  it('loads its library at the first fetch, not before', async () => {
    let loads = 0
    const load = async () => {
      loads += 1
      return fakeKeytar()
    }
    const lazy = provider(fakeKeytar(), { load })
    expect(loads).toBe(0)
    await lazy.store.put({}, new Secret('api_key', CANARY), contextOf())
    expect(loads).toBe(1)
  })
})
