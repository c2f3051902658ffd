import {
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createAwsSecretsManagerProvider } from '../../src/providers/aws-secrets-manager/aws-secrets-manager.ts'
import { CANARY, contextOf, describeSecretProvider, thrownBy } from '../contract/secret-provider.ts'
import { type StartedServer, startMoto } from '../support/servers/moto.ts'
import { describeWithServer } from '../support/servers/require-server.ts'

describeWithServer('moto', 'aws-secrets-manager on moto', () => {
  const region = 'ap-northeast-1'
  const provider = createAwsSecretsManagerProvider()
  let moto: StartedServer
  let owner: SecretsManagerClient
  let arn = ''
  const at = (more: object = {}) => ({ id: 'prod/stripe', region, endpoint: moto.url, ...more })
  const text = async (more: object = {}) =>
    (await provider.fetch(at(more), contextOf()))?.fields.get('value')?.reveal()

  beforeAll(async () => {
    for (const name of Object.keys(process.env))
      if (name.startsWith('AWS_')) vi.stubEnv(name, undefined)
    process.env['AWS_ACCESS_KEY_ID'] = 'AKIDEXAMPLE'
    process.env['AWS_SECRET_ACCESS_KEY'] = 'secret'
    moto = await startMoto()
    owner = new SecretsManagerClient({ region, endpoint: moto.url })
    const made = await owner.send(
      new CreateSecretCommand({ Name: 'prod/stripe', SecretString: CANARY }),
    )
    arn = made.ARN ?? ''
  })
  afterAll(async () => {
    owner.destroy()
    await moto.stop()
  })

  describeSecretProvider('aws-secrets-manager', {
    store: false,
    setup: async () => ({
      provider,
      present: at(),
      absent: at({ id: 'prod/nothing' }),
      writable: null,
      versions: true,
      stop: async () => undefined,
    }),
  })

  it('finds a secret by its ARN, and the region in it', async () => {
    const { region: _, ...reference } = at({ id: arn })
    const fetched = await provider.fetch(reference, contextOf())
    expect(fetched?.fields.get('value')?.reveal()).toBe(CANARY)
  })

  it('reads one key, an earlier version by its stage, and one exact version', async () => {
    const name = 'prod/rotated'
    const { VersionId: first } = await owner.send(
      new CreateSecretCommand({ Name: name, SecretString: '{"api_key":"old"}' }),
    )
    await owner.send(
      new PutSecretValueCommand({ SecretId: name, SecretString: '{"api_key":"new"}' }),
    )
    const one = { id: name, key: 'api_key' }
    expect(await text(one)).toBe('new')
    expect(await text({ ...one, version_stage: 'AWSPREVIOUS' })).toBe('old')
    expect(await text({ ...one, version_id: first })).toBe('old')
    await expect(
      provider.fetch(at({ ...one, version_stage: 'NO_SUCH_STAGE' }), contextOf()),
    ).resolves.toBeNull()
  })

  it('reads a binary value', async () => {
    const bytes = new Uint8Array([0xff, 0x00, 0x80])
    await owner.send(new CreateSecretCommand({ Name: 'prod/bin', SecretBinary: bytes }))
    expect(await text({ id: 'prod/bin' })).toBe(Buffer.from(bytes).toString('base64'))
  })

  it('does not take a secret that is marked for deletion for one that is not there', async () => {
    await owner.send(new CreateSecretCommand({ Name: 'prod/gone', SecretString: CANARY }))
    await owner.send(new DeleteSecretCommand({ SecretId: 'prod/gone' }))
    const error = await thrownBy(provider.fetch(at({ id: 'prod/gone' }), contextOf()))
    expect(error.code).toBe('secret_invalid')
    expect(error.fix).toContain('scheduled for deletion')
  })

  it('reads the one before where the current one is refused', async () => {
    const name = 'prod/overlap'
    const { VersionId: first } = await owner.send(
      new CreateSecretCommand({ Name: name, SecretString: 'old' }),
    )
    const previous = () =>
      provider.fetch(at({ id: name }), { ...contextOf(), version: 'previous' as const })
    await expect(previous()).resolves.toBeNull()
    await owner.send(new PutSecretValueCommand({ SecretId: name, SecretString: 'new' }))
    const fetched = await previous()
    expect(fetched?.fields.get('value')?.reveal()).toBe('old')
    expect(fetched?.version).toBe(first)
  })

  it('reads many at once, and says of each that is not there', async () => {
    const names = ['many/1', 'many/2', 'many/3']
    for (const Name of names)
      await owner.send(new CreateSecretCommand({ Name, SecretString: `value of ${Name}` }))
    const all = [...names, 'many/none'].map(async (id) => text({ id }))
    expect(await Promise.all(all)).toEqual([...names.map((id) => `value of ${id}`), undefined])
  })

  it('refuses a secret without the tags that are required', async () => {
    const Tags = [{ Key: 'Environment', Value: 'staging' }]
    await owner.send(new CreateSecretCommand({ Name: 'tagged', SecretString: CANARY, Tags }))
    expect(await text({ id: 'tagged', require_tags: { Environment: 'staging' } })).toBe(CANARY)
    const error = await thrownBy(
      text({ id: 'tagged', require_tags: { Environment: 'production' } }),
    )
    expect(error.code).toBe('secret_denied')
    await expect(
      provider.fetch(at({ id: 'none', require_tags: { a: 'b' } }), contextOf()),
    ).resolves.toBeNull()
  })

  it('reads as a role that it assumes', async () => {
    const assume_role = {
      arn: 'arn:aws:iam::123456789012:role/reader',
      tags: { agent: 'reports' },
      endpoint: moto.url,
    }
    expect(await text({ assume_role })).toBe(CANARY)
  })
})
