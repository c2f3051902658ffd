import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'
import { encryptTo, parseIdentity } from '../../../src/providers/file/age.ts'
import { createFileProvider } from '../../../src/providers/file/file.ts'
import {
  CANARY,
  contextOf,
  describeSecretProvider,
  everyTextOf,
  type ProviderFailure,
  thrownBy,
} from '../../contract/secret-provider.ts'
import { describeWithServer } from '../../support/servers/require-server.ts'
import { newHome, type TestHome } from './test-home.ts'

const root = mkdtempSync(join(tmpdir(), 'keyhand-file-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const secret = (value: string, field: string | null = null) => new Secret('api_key', value, field)

async function filledHome(): Promise<TestHome> {
  const place = newHome(root)
  await place.secretsFile.create('file', contextOf().signal)
  await place.provider.store.put({}, secret(CANARY), contextOf())
  return place
}

async function identityOf(place: TestHome) {
  const identity = parseIdentity(readFileSync(join(place.home, 'identity.txt'), 'utf8'))
  if (identity === null) throw new Error('no identity')
  return identity
}

function broken(
  code: ProviderFailure<object>['code'],
  message: RegExp,
  breakIt: (place: TestHome) => Promise<void> | void,
): ProviderFailure<object> {
  return {
    code,
    message,
    async setup() {
      const place = await filledHome()
      await breakIt(place)
      return { provider: place.provider, reference: {} }
    },
  }
}

describeSecretProvider('file', {
  store: true,
  async setup() {
    const { provider } = await filledHome()
    return {
      provider,
      present: { key: 'api_key' },
      absent: {},
      writable: {},
      versions: true,
      stop: async () => undefined,
    }
  },
  failures: {
    'others may read the file': broken('config_unsafe', /others may read or write/, ({ home }) =>
      chmodSync(join(home, 'secrets.age'), 0o640),
    ),
    'others may read the identity': broken('config_unsafe', /identity\.txt/, ({ home }) =>
      chmodSync(join(home, 'identity.txt'), 0o644),
    ),
    'others could replace it': broken('config_unsafe', /they may write/, ({ home }) =>
      chmodSync(home, 0o777),
    ),
    'a link leads to a file that others may read': broken(
      'config_unsafe',
      /others may read or write/,
      ({ home }) => {
        const elsewhere = join(home, 'elsewhere.age')
        writeFileSync(elsewhere, readFileSync(join(home, 'secrets.age')), { mode: 0o644 })
        rmSync(join(home, 'secrets.age'))
        symlinkSync(elsewhere, join(home, 'secrets.age'))
      },
    ),
    'it is a folder': broken('config_unsafe', /not a regular file/, ({ home }) => {
      rmSync(join(home, 'secrets.age'))
      mkdirSync(join(home, 'secrets.age'), { mode: 0o700 })
    }),
    'it was tampered with': broken('secret_invalid', /damaged, or no age file/, ({ home }) => {
      const path = join(home, 'secrets.age')
      const bytes = readFileSync(path)
      bytes[bytes.length - 5] = (bytes[bytes.length - 5] ?? 0) ^ 1
      writeFileSync(path, bytes)
    }),
    'it was cut': broken('secret_invalid', /damaged, or no age file/, ({ home }) => {
      const path = join(home, 'secrets.age')
      writeFileSync(path, readFileSync(path).subarray(0, -10))
    }),
    'it is plain text': broken('secret_invalid', /damaged, or no age file/, ({ home }) =>
      writeFileSync(
        join(home, 'secrets.age'),
        JSON.stringify({ v: 1, secrets: { api_key: CANARY } }),
      ),
    ),
    'it is encrypted for another': broken('secret_invalid', /another identity/, async (place) => {
      const other = await filledHome()
      writeFileSync(
        join(place.home, 'secrets.age'),
        await encryptTo(await identityOf(other), `{"v":1,"secrets":{}}`),
      )
    }),
    'it holds something else': broken(
      'secret_invalid',
      /does not hold what keyhand writes/,
      async (place) =>
        writeFileSync(
          join(place.home, 'secrets.age'),
          await encryptTo(await identityOf(place), `{"v":2,"secrets":{"api_key":"${CANARY}"}}`),
        ),
    ),
    'its identity is gone': broken('secret_locked', /its identity is gone/, ({ home }) =>
      rmSync(join(home, 'identity.txt')),
    ),
  },
})

describe('file', () => {
  it('gives null, and makes nothing, where there is no file yet', async () => {
    const { home, provider } = newHome(root)
    await expect(provider.fetch({}, contextOf())).resolves.toBeNull()
    await expect(provider.store.remove({}, contextOf())).resolves.toBe(false)
    expect(readdirSync(home)).toEqual([])
  })

  it('is 0600, shows no value, and leaves no other file behind', async () => {
    const { home } = await filledHome()
    expect(readdirSync(home).sort()).toEqual(['identity.txt', 'secrets.age'])
    for (const name of readdirSync(home)) {
      expect(statSync(join(home, name)).mode & 0o777).toBe(0o600)
      expect(readFileSync(join(home, name), 'latin1')).not.toContain(CANARY)
    }
    expect(readFileSync(join(home, 'secrets.age'), 'latin1')).toMatch(
      /^age-encryption\.org\/v1\n-> X25519 /,
    )
  })

  it('counts versions and says when each was made', async () => {
    const place = await filledHome()
    place.clock.now = Date.UTC(2027, 0, 2)
    expect(await place.provider.store.put({}, secret('next'), contextOf(), '1')).toBe('2')
    const fetched = await place.provider.fetch({}, contextOf())
    expect(fetched).toMatchObject({ version: '2', createdAt: Date.UTC(2027, 0, 2), lease: null })
  })

  it('keeps fields apart from single values', async () => {
    const { provider } = await filledHome()
    const login = { key: 'login' }
    await provider.store.put(login, secret('me', 'username'), contextOf())
    await provider.store.put(login, secret(CANARY, 'password'), contextOf())
    const fetched = await provider.fetch(login, contextOf('orders_login'))
    expect(
      [...(fetched?.fields ?? [])].map(([field, one]) => [field, one.field, one.reveal()]),
    ).toEqual([
      ['username', 'username', 'me'],
      ['password', 'password', CANARY],
    ])
    const over = await thrownBy(provider.store.put(login, secret('x'), contextOf()))
    expect(over.message).toBe('`login` holds fields, and one value would take their place')
    const into = await thrownBy(provider.store.put({}, secret('x', 'password'), contextOf()))
    expect(into.message).toBe('`api_key` holds one value and cannot take the field `password`')
  })

  it('sees at once what another process wrote', async () => {
    const place = await filledHome()
    await place.provider.fetch({}, contextOf())
    await place.another().store.put({}, secret('newer'), contextOf())
    const fetched = await place.provider.fetch({}, contextOf())
    expect(fetched?.fields.get('value')?.reveal()).toBe('newer')
  })

  it('loses nothing to writers at the same time', async () => {
    const place = await filledHome()
    const writers = [place.provider, place.another(), place.another()]
    await Promise.all(
      [0, 1, 2].flatMap((round) =>
        writers.map(({ store }, i) =>
          store.put({ key: `key_${round * 3 + i}` }, secret(`value ${round * 3 + i}`), contextOf()),
        ),
      ),
    )
    for (let i = 0; i < 9; i += 1) {
      const fetched = await place.provider.fetch({ key: `key_${i}` }, contextOf())
      expect(fetched?.fields.get('value')?.reveal()).toBe(`value ${i}`)
    }
    expect(existsSync(join(place.home, 'secrets.age.lock'))).toBe(false)
  })

  it('takes over the lock of a writer that died', async () => {
    const place = await filledHome()
    const lock = join(place.home, 'secrets.age.lock')
    mkdirSync(lock)
    const minuteAgo = Date.now() / 1000 - 60
    utimesSync(lock, minuteAgo, minuteAgo)
    expect(await place.provider.store.put({}, secret('after'), contextOf())).toBe('2')
  })

  it('keeps a second file of its own where the reference names a path', async () => {
    const { home, provider } = await filledHome()
    await provider.store.put({ path: 'team.age' }, secret('shared'), contextOf())
    expect(statSync(join(home, 'team.age')).mode & 0o777).toBe(0o600)
    const fetched = await provider.fetch({ path: join(home, 'team.age') }, contextOf())
    expect(fetched?.fields.get('value')?.reveal()).toBe('shared')
  })

  it('is not led astray by names that objects have', async () => {
    const { provider } = await filledHome()
    for (const key of ['constructor', 'toString', 'hasOwnProperty']) {
      await expect(provider.fetch({ key }, contextOf())).resolves.toBeNull()
    }
  })

  it('says nothing of the value where it cannot be written', async () => {
    const place = await filledHome()
    rmSync(join(place.home, 'identity.txt'))
    const error = await thrownBy(place.provider.store.put({}, secret(CANARY), contextOf()))
    expect(error.code).toBe('secret_locked')
    expect(everyTextOf(error)).not.toContain(CANARY)
  })
})

describeWithServer('age', 'file, with the age tool', () => {
  const run = (program: string, args: string[], input?: string) =>
    spawnSync(program, args, { encoding: 'utf8', ...(input === undefined ? {} : { input }) })

  it('writes what age reads', async () => {
    const { home } = await filledHome()
    const { stdout, status } = run('age', [
      '-d',
      '-i',
      join(home, 'identity.txt'),
      join(home, 'secrets.age'),
    ])
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      v: 1,
      secrets: { api_key: { value: CANARY, created: '2026-11-23T00:00:00.000Z', version: 1 } },
    })
  })

  it('reads what age and age-keygen write', async () => {
    const place = newHome(root)
    const identity = join(place.home, 'identity.txt')
    run('age-keygen', ['-o', identity])
    const recipient = run('age-keygen', ['-y', identity]).stdout.trim()
    const text = JSON.stringify({
      v: 1,
      secrets: { api_key: { value: CANARY, created: '2026-01-01T00:00:00Z', version: 7 } },
    })
    run('age', ['-r', recipient, '-o', join(place.home, 'secrets.age')], text)
    chmodSync(join(place.home, 'secrets.age'), 0o600)
    const fetched = await place.provider.fetch({}, contextOf())
    expect(fetched?.fields.get('value')?.reveal()).toBe(CANARY)
    expect(fetched?.version).toBe('7')
  })
})

describe('making a provider', () => {
  it('touches nothing', () => {
    const home = join(root, 'not-there')
    const keychain = { get: nobody, prepare: nobody, put: nobody, remove: nobody }
    createFileProvider({ home, state: home, now: () => 0, keychain })
    expect(existsSync(home)).toBe(false)
  })
})

function nobody(): never {
  throw new Error('nobody may call this')
}
