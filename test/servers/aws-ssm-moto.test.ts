import {
  LabelParameterVersionCommand,
  type ParameterType,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createAwsSsmProvider } from '../../src/providers/aws-ssm/aws-ssm.ts'
import type { SsmReference } from '../../src/providers/aws-ssm/reference.ts'
import { CANARY, contextOf, describeSecretProvider, thrownBy } from '../contract/secret-provider.ts'
import { type StartedServer, startMoto } from '../support/servers/moto.ts'
import { describeWithServer } from '../support/servers/require-server.ts'

describeWithServer('moto', 'aws-ssm on moto', () => {
  const region = 'eu-central-1'
  const provider = createAwsSsmProvider()
  let moto: StartedServer
  let owner: SSMClient
  const at = (more: SsmReference): SsmReference => ({ region, endpoint: moto.url, ...more })
  const fetch = (more: SsmReference, version: 'current' | 'previous' = 'current') =>
    provider.fetch(at(more), { ...contextOf(), version })
  const text = async (more: SsmReference, version: 'current' | 'previous' = 'current') =>
    (await fetch(more, version))?.fields.get('value')?.reveal()
  const put = async (Name: string, Value: string, Type: ParameterType = 'SecureString') =>
    owner.send(new PutParameterCommand({ Name, Value, Type, Overwrite: true }))

  beforeAll(async () => {
    for (const name of Object.keys(process.env))
      if (name.startsWith('AWS_')) vi.stubEnv(name, undefined)
    process.env['AWS_ACCESS_KEY_ID'] = 'AKIDEXAMPLE'
    process.env['AWS_SECRET_ACCESS_KEY'] = 'secret'
    moto = await startMoto()
    owner = new SSMClient({ region, endpoint: moto.url })
    await put('/prod/stripe', CANARY)
  })
  afterAll(async () => {
    owner.destroy()
    await moto.stop()
  })

  describeSecretProvider('aws-ssm', {
    store: false,
    setup: async () => ({
      provider,
      present: at({ name: '/prod/stripe' }),
      absent: at({ name: '/prod/nothing' }),
      writable: null,
      versions: true,
      stop: async () => undefined,
    }),
  })

  it('reads String, StringList and, decrypted, SecureString', async () => {
    await put('/types/plain', 'plain', 'String')
    await put('/types/list', 'a,b', 'StringList')
    await put('/types/secure', 'secure')
    expect(await text({ name: '/types/plain' })).toBe('plain')
    expect(await text({ name: '/types/list' })).toBe('a,b')
    expect(await text({ name: '/types/secure' })).toBe('secure')
  })

  it('reads a version, a label, and the one before', async () => {
    const name = '/prod/rotated'
    await put(name, 'first')
    expect(await text({ name }, 'previous')).toBeUndefined()
    await put(name, 'second')
    await put(name, 'third')
    await owner.send(
      new LabelParameterVersionCommand({ Name: name, ParameterVersion: 1, Labels: ['stable'] }),
    )
    expect(await text({ name })).toBe('third')
    expect(await text({ name, version: 2 })).toBe('second')
    expect(await text({ name, label: 'stable' })).toBe('first')
    expect(await text({ name }, 'previous')).toBe('second')
    expect(await text({ name, version: 2 }, 'previous')).toBeUndefined()
    await expect(fetch({ name, version: 9 })).resolves.toBeNull()
    await expect(fetch({ name, label: 'none' })).resolves.toBeNull()
    const fetched = await fetch({ name })
    expect(fetched?.version).toBe('3')
    expect(Math.abs(Date.now() - (fetched?.createdAt ?? 0))).toBeLessThan(60_000)
  })

  it('reads a path as a group of fields, over several pages, and nothing below it', async () => {
    for (let i = 0; i < 12; i += 1) await put(`/prod/api/key${i}`, `value ${i}`)
    await put('/prod/api/deeper/key', CANARY)
    await put('/prod/apiary/key', CANARY)
    const fetched = await fetch({ path: '/prod/api/*' })
    const fields = new Map([...(fetched?.fields ?? [])].map(([name, one]) => [name, one.reveal()]))
    expect(fields.size).toBe(12)
    expect(fields.get('key11')).toBe('value 11')
    expect(fetched?.fields.get('key3')?.field).toBe('key3')
    await expect(fetch({ path: '/prod/nowhere/*' })).resolves.toBeNull()
    await expect(fetch({ path: '/prod/api/*' }, 'previous')).resolves.toBeNull()
  })

  it('refuses a path that is no group', async () => {
    for (let i = 0; i < 51; i += 1) await put(`/crowd/${i}`, 'x', 'String')
    const error = await thrownBy(fetch({ path: '/crowd/*' }))
    expect(error).toMatchObject({
      code: 'secret_invalid',
      message: 'more than 50 parameters are right below `/crowd/*`',
    })
  })
})
