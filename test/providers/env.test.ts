import { describe, expect, it } from 'vitest'
import { createEnvProvider } from '../../src/providers/env.ts'
import { CANARY, contextOf, describeSecretProvider, thrownBy } from '../contract/secret-provider.ts'

const env = { API_KEY: CANARY, EMPTY: '' }

describeSecretProvider('env', {
  store: false,
  setup: async () => ({
    provider: createEnvProvider({ env }),
    present: { variable: 'API_KEY' },
    absent: { variable: 'NOT_SET' },
    writable: null,
    versions: false,
    stop: async () => undefined,
  }),
})

describe('env', () => {
  it('takes an empty variable for a mistake, not for an empty secret', async () => {
    const error = await thrownBy(
      createEnvProvider({ env }).fetch({ variable: 'EMPTY' }, contextOf()),
    )
    expect(error).toMatchObject({
      code: 'secret_invalid',
      message: 'the environment variable `EMPTY` is empty',
      fix: 'Set `EMPTY` to the value, or unset it.',
    })
  })

  it('reads nothing that is inherited from Object', async () => {
    const { reference } = createEnvProvider({ env })
    expect(reference.safeParse({ variable: 'A=B' }).success).toBe(false)
    await expect(
      createEnvProvider({ env }).fetch({ variable: 'constructor' }, contextOf()),
    ).resolves.toBeNull()
  })

  it('watches its values always', () => {
    expect(createEnvProvider({ env }).defaults).toEqual({ watch: 'always', cacheMs: 0 })
  })
})
