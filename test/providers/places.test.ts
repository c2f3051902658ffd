import { describe, expect, it } from 'vitest'
import { createProviders } from '../../src/providers/index.ts'
import { placeOf } from '../../src/providers/provider.ts'

const ledger = {
  put: async () => {},
  extend: async () => {},
  remove: async () => {},
  orphans: async () => [],
}
const providers = createProviders({ home: '/x', state: '/x', env: {}, now: Date.now, ledger })

function placeAt(type: string, reference: object): string {
  const provider = providers.get(type)
  if (provider === undefined) throw new Error(`no provider ${type}`)
  return placeOf(provider, provider.reference.parse(reference))
}

const token = { auth: { type: 'token', token: 't' } }
const connect = (address: string) => ({ address, token: 't' })
const arn = (region: string) => `arn:aws:secretsmanager:${region}:123456789012:secret:x-AbCdEf`
const kube = { namespace: 'prod', token: 't' }
const gcp = { identity: 'platform' }

/** Provider, two secrets of one place, and one of another. */
const CASES: readonly (readonly [string, object, object, object])[] = [
  [
    'vault',
    { path: 'secret/a', address: 'https://one.example', ...token },
    { path: 'secret/b', key: 'k', address: 'https://one.example', ...token },
    { path: 'secret/a', address: 'https://two.example', ...token },
  ],
  [
    'aws-secrets-manager',
    { id: 'a', region: 'eu-central-1' },
    { id: arn('eu-central-1'), key: 'k' },
    { id: arn('us-east-1') },
  ],
  [
    'aws-ssm',
    { name: '/a', region: 'eu-central-1' },
    { path: '/b/*', region: 'eu-central-1' },
    { name: '/a', region: 'eu-central-1', endpoint: 'https://ssm.example' },
  ],
  [
    'gcp-secret-manager',
    { project: 'one', name: 'a', ...gcp },
    { project: 'one', name: 'b', version: 3, ...gcp },
    { project: 'two', name: 'a', ...gcp },
  ],
  [
    'azure-key-vault',
    { vault: 'one', name: 'a' },
    { vault: 'one', name: 'b', version: 'v1' },
    { vault: 'two', name: 'a' },
  ],
  [
    'kubernetes',
    { ...kube, name: 'a', address: 'https://one.example' },
    { ...kube, name: 'b', key: 'k', address: 'https://one.example' },
    { ...kube, name: 'a', address: 'https://two.example' },
  ],
  [
    '1password',
    { reference: 'op://a/b/c', connect: connect('https://one.example') },
    { reference: 'op://a/b/d', connect: connect('https://one.example') },
    { reference: 'op://a/b/c', connect: connect('https://two.example') },
  ],
  [
    'command',
    { program: '/usr/bin/pass', args: ['show', 'a'] },
    { program: '/usr/bin/pass', args: ['show', 'a'], json: '/k' },
    { program: '/usr/bin/bw', args: ['get', 'a'] },
  ],
]

describe('the place that a reference leads to', () => {
  it.each(CASES)(
    'is one for what fails together, and another elsewhere: %s',
    (type, a, b, other) => {
      expect(placeAt(type, b)).toBe(placeAt(type, a))
      expect(placeAt(type, other)).not.toBe(placeAt(type, a))
    },
  )

  it('is told by every provider whose place may be away', () => {
    const remote = [...providers.values()].filter(({ defaults }) => defaults.cacheMs > 0)
    expect(remote.map(({ type }) => type).sort()).toEqual(CASES.map(([type]) => type).sort())
  })

  it('is the provider itself where it has one place', () => {
    expect(placeAt('env', { variable: 'A' })).toBe('')
  })
})
