import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { composeFamilies } from '../../src/compose.ts'
import { createConfigSource } from '../../src/config/config-source.ts'
import { isRefusal } from '../../src/core/refusal.ts'
import { plainIdentity, type Sandbox, sandbox } from '../support/command-line.ts'

function snapshotOf({ home, state }: Sandbox, agent: string) {
  const families = composeFamilies({ places: { home, state }, env: {} })
  return createConfigSource({ home, agent, families }).snapshot()
}

function read(box: Sandbox, file: string): string {
  return readFileSync(join(box.home, file), 'utf8')
}

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8)
}

describe('keyhand init', () => {
  it('makes a first catalog and scope file that are valid, and says the next step', async () => {
    const box = sandbox()
    await plainIdentity(box)
    const { code, out } = await box.run(['init', '--file'])
    expect(code).toBe(0)
    expect(out).toContain('made  keyhand.yaml')
    expect(out).toContain('made  agents/claude-code.yaml')
    expect(out).toContain('keyhand secret set github_token')
    const snapshot = await snapshotOf(box, 'claude-code')
    expect(snapshot.problems).toEqual([])
    expect(snapshot.refusal).toBeNull()
    expect([...snapshot.secrets.keys()]).toEqual(['github_token'])
    expect(isRefusal(snapshot.scope) ? [] : [...snapshot.scope.tools.keys()]).toEqual(['github'])
  })

  it('lets nobody else into what it makes', async () => {
    const box = sandbox()
    await box.run(['init', '--file'])
    expect(modeOf(box.home)).toBe('700')
    expect(modeOf(join(box.home, 'agents'))).toBe('700')
    for (const file of ['keyhand.yaml', 'agents/claude-code.yaml', 'secrets.age']) {
      expect(modeOf(join(box.home, file))).toBe('600')
    }
  })

  it('overwrites nothing: a second run keeps every byte, and says so', async () => {
    const box = sandbox()
    await box.run(['init', '--file'])
    const before = box.everything()
    const { code, out } = await box.run(['init'])
    expect(code).toBe(0)
    expect(out).toContain('kept  keyhand.yaml (it was there already)')
    expect(out).toContain('kept  agents/claude-code.yaml (it was there already)')
    expect(box.everything()).toBe(before)
  })

  it('makes the scope file of a second agent for the same example', async () => {
    const box = sandbox()
    await box.run(['init', '--file'])
    const { data } = await box.json(['init', '--agent', 'cursor'])
    expect(data).toMatchObject({
      made: ['agents/cursor.yaml'],
      kept: ['keyhand.yaml'],
      problems: [],
    })
    expect((await snapshotOf(box, 'cursor')).problems).toEqual([])
  })

  it('makes a scope file that allows nothing for a catalog of your own', async () => {
    const box = sandbox()
    mkdirSync(box.home, { mode: 0o700 })
    writeFileSync(join(box.home, 'keyhand.yaml'), 'version: 1 # mine\n', { mode: 0o600 })
    const { code, data } = await box.json(['init', '--agent', 'cursor'])
    expect({ code, data }).toMatchObject({ code: 0, data: { provider: null, problems: [] } })
    expect(read(box, 'keyhand.yaml')).toBe('version: 1 # mine\n')
    const { scope, problems } = await snapshotOf(box, 'cursor')
    expect(problems).toEqual([])
    expect(isRefusal(scope) ? null : scope.tools.size).toBe(0)
  })

  it('says what is wrong with files that were there', async () => {
    const box = sandbox()
    mkdirSync(box.home, { mode: 0o700 })
    writeFileSync(join(box.home, 'keyhand.yaml'), 'version: 2\n', { mode: 0o600 })
    const { code, err } = await box.run(['init'])
    expect(code).toBe(3)
    expect(err).toContain('keyhand.yaml:1:10 ')
  })

  it('refuses a name that cannot be an agent, without making anything', async () => {
    const box = sandbox()
    const { code, err } = await box.run(['init', '--agent', '../evil'])
    expect(code).toBe(2)
    expect(err).toContain('that cannot be the name of an agent')
    expect(box.everything()).toBe('')
  })

  it('says that something else stands where the home should be', async () => {
    const box = sandbox()
    writeFileSync(box.home, 'a file')
    const { code, err } = await box.run(['init'])
    expect(code).toBe(3)
    expect(err).toContain(`something else stands at \`${box.home}\``)
  })

  it('encrypts to a passphrase that was typed twice', async () => {
    const box = sandbox()
    const { code, out } = await box.run(['init', '--passphrase'], {
      answers: ['correct horse', 'correct horse'],
    })
    expect(code).toBe(0)
    expect(out).toContain('Your passphrase opens it: keyhand unlock')
    expect(read(box, 'identity.age')).toContain('age-encryption.org/v1')
    expect(box.everything()).not.toContain('correct horse')
    expect(box.everything()).not.toContain('AGE-SECRET-KEY')
  })

  it('encrypts nothing where the two passphrases differ', async () => {
    const box = sandbox()
    const { code, err } = await box.run(['init', '--passphrase'], {
      answers: ['correct horse', 'correct hoarse'],
    })
    expect(code).toBe(2)
    expect(err).toContain('the two passphrases differ; nothing was encrypted')
    expect(box.everything()).toBe('')
  })
})

describe.runIf(process.platform === 'linux')('keyhand init without a keychain', () => {
  it('says why it keeps values in the encrypted file, and who can then read them', async () => {
    const box = sandbox()
    const { code, out } = await box.run(['init'])
    expect(code).toBe(0)
    expect(out).toContain('The OS keychain cannot be used here: there is no D-Bus session')
    expect(out).toContain('whoever can read this folder can read the values')
    expect(read(box, 'keyhand.yaml')).toContain('github_token: { provider: file }')
    expect(modeOf(join(box.home, 'identity.txt'))).toBe('600')
  })
})
