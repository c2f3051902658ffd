import { mkdirSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { BrokerError } from '../../../src/core/errors.ts'
import type { Secret } from '../../../src/core/secret.ts'
import { createFileProvider } from '../../../src/providers/file/file.ts'
import type { IdentityKeychain } from '../../../src/providers/file/identity.ts'
import { createSecretsFile } from '../../../src/providers/file/secrets-file.ts'

export type TestHome = ReturnType<typeof newHome>

/** A fake of the keychain item that holds the identity. */
function fakeIdentityKeychain(): IdentityKeychain & {
  identity: Secret | null
  broken: boolean
} {
  const check = (self: { broken: boolean }) => {
    if (self.broken) throw new BrokerError('secret_unreachable', 'there is no keychain')
  }
  return {
    identity: null,
    broken: false,
    async get() {
      check(this)
      return this.identity
    },
    async prepare() {
      check(this)
    },
    async put(identity) {
      check(this)
      this.identity = identity
    },
    async remove() {
      check(this)
      const had = this.identity !== null
      this.identity = null
      return had
    },
  }
}

/** An empty home and state below a folder, with the provider and the owner's side of it. */
export function newHome(root: string) {
  const base = mkdtempSync(join(root, 'h-'))
  const home = join(base, 'home')
  const state = join(base, 'state')
  mkdirSync(home, { mode: 0o700 })
  mkdirSync(state, { mode: 0o700 })
  const clock = { now: Date.UTC(2026, 10, 23) }
  const keychain = fakeIdentityKeychain()
  const options = { home, state, now: () => clock.now, keychain }
  return {
    home,
    state,
    clock,
    keychain,
    provider: createFileProvider(options),
    /** As a second process would have it. */
    another: () => createFileProvider(options),
    secretsFile: createSecretsFile({ ...options, workFactor: 10 }),
  }
}
