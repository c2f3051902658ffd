import { describe, expect, it } from 'vitest'
import { placeAddress } from '../../src/cli/doctor/place-address.ts'
import { secretEntry } from '../support/secret-entry.ts'

describe('where doctor asks for the time', () => {
  it.each([
    ['vault', { address: 'https://vault.example' }, 'https://vault.example'],
    ['vault', { from_environment: true }, null],
    ['aws-secrets-manager', { id: 'a' }, null],
    [
      'aws-secrets-manager',
      { id: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:a' },
      'https://secretsmanager.eu-central-1.amazonaws.com',
    ],
    ['aws-secrets-manager', { id: 'a', endpoint: 'https://vpce.example' }, 'https://vpce.example'],
    ['aws-ssm', { name: '/a', region: 'cn-north-1' }, 'https://ssm.cn-north-1.amazonaws.com.cn'],
    ['gcp-secret-manager', { project: 'p', name: 'a' }, 'https://secretmanager.googleapis.com'],
    [
      'gcp-secret-manager',
      { project: 'p', name: 'a', location: 'europe-west3' },
      'https://secretmanager.europe-west3.rep.googleapis.com',
    ],
    ['azure-key-vault', { vault: 'prod', name: 'a' }, 'https://prod.vault.azure.net'],
    ['azure-key-vault', { address: 'https://a.vault.azure.cn' }, 'https://a.vault.azure.cn'],
    ['1password', { connect: { address: 'https://connect.example' } }, 'https://connect.example'],
    ['1password', { service_account: 'op_token' }, null],
    ['kubernetes', { kubeconfig: '/home/u/.kube/config' }, null],
    ['command', { program: '/usr/bin/pass' }, null],
  ])('is, for %s with %j, %s', (provider, reference, url) => {
    const entry = secretEntry({ name: 'db', provider, reference })
    expect(placeAddress(entry, {})?.url ?? null).toBe(url)
  })

  it('is what the environment says only where the catalog says that it counts, and that is not shown', () => {
    const env = { VAULT_ADDR: 'https://of-the-environment.example', VAULT_CACERT: '/ca.pem' }
    const entry = secretEntry({ name: 'db', provider: 'vault' })
    expect(placeAddress({ ...entry, reference: { from_environment: true } }, env)).toEqual({
      url: 'https://of-the-environment.example',
      ca: '/ca.pem',
      shown: false,
    })
    expect(placeAddress({ ...entry, reference: {} }, env)).toBeNull()
  })
})
