import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { createProviders, openSecretsFile } from '../../src/providers/index.ts'
import { CANARY, contextOf } from '../contract/secret-provider.ts'

const root = mkdtempSync(join(tmpdir(), 'keyhand-providers-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const options = {
  home: join(root, 'home'),
  state: join(root, 'state'),
  env: { API_KEY: CANARY },
  now: Date.now,
  ledger: { put: nobody, extend: nobody, remove: nobody, orphans: nobody },
}

async function nobody(): Promise<never> {
  throw new Error('the ledger was asked')
}

describe('the providers', () => {
  it('are these, and say so of themselves', () => {
    const providers = createProviders(options)
    expect([...providers].map(([name, { type }]) => [name, type])).toEqual([
      ['keychain', 'keychain'],
      ['file', 'file'],
      ['env', 'env'],
      ['aws-secrets-manager', 'aws-secrets-manager'],
      ['aws-ssm', 'aws-ssm'],
      ['gcp-secret-manager', 'gcp-secret-manager'],
      ['command', 'command'],
      ['vault', 'vault'],
      ['azure-key-vault', 'azure-key-vault'],
      ['kubernetes', 'kubernetes'],
      ['1password', '1password'],
      ['sops', 'sops'],
    ])
  })

  it('may be written where that makes sense', () => {
    const providers = [...createProviders(options).values()]
    expect(providers.filter(({ store }) => store !== null).map(({ type }) => type)).toEqual([
      'keychain',
      'file',
    ])
  })

  it('are made without a side effect', () => {
    createProviders(options)
    expect(existsSync(options.home)).toBe(false)
    expect(existsSync(options.state)).toBe(false)
  })

  it('give what the owner put into the encrypted file', async () => {
    const home = mkdtempSync(join(root, 'h-'))
    const file = openSecretsFile({ ...options, home })
    await file.create('file', contextOf().signal)
    const provider = createProviders({ ...options, home }).get('file')
    await provider?.store?.put({}, new Secret('api_key', CANARY), contextOf())
    const fetched = await provider?.fetch({}, contextOf())
    expect(fetched?.fields.get('value')?.reveal()).toBe(CANARY)
  })
})
