import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'

const library = pathToFileURL(
  resolve(import.meta.dirname, '../../src/providers/keychain/library.ts'),
)

/** Blocks a thread of libuv's pool, as a keychain that hangs does; nothing can stop it. */
const program = (onHang: string) => `
import { pbkdf2 } from 'node:crypto'
import { boundedKeychain, exitDespiteHang } from ${JSON.stringify(library.href)}
const hang = () => new Promise((resolve) => pbkdf2('a', 'b', 2e7, 64, 'sha512', resolve))
const keytar = { getPassword: hang, setPassword: hang, deletePassword: hang }
const keychain = boundedKeychain({ load: async () => keytar, timeoutMs: 50, onHang: ${onHang} })
await keychain.get('s', 'a', new AbortController().signal).catch((error) => console.log(error.code))
process.exit(3)
`

describe('the end of a process whose keychain hangs', () => {
  it('comes at once, with its exit code', () => {
    const started = performance.now()
    const { status, stdout } = spawnSync(
      process.execPath,
      ['--input-type=module', '-e', program('exitDespiteHang')],
      { encoding: 'utf8', timeout: 15_000 },
    )
    expect(stdout).toBe('secret_timeout\n')
    expect(status).toBe(3)
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})
