import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  CATALOG,
  containing,
  fileHome,
  type Sandbox,
  storedValue,
} from '../support/command-line.ts'

const FREE =
  'version: 1\nsecrets:\n  # of the shop\n  api_key: { provider: file }\n  b: { provider: file }\n'

function catalogOf(box: Sandbox): string {
  return readFileSync(join(box.home, 'keyhand.yaml'), 'utf8')
}

async function filled(catalog: string): Promise<Sandbox> {
  const box = await fileHome(catalog)
  await box.run(['secret', 'set', 'api_key'], { stdin: 'the value' })
  return box
}

describe('keyhand secret remove', () => {
  it('removes value and entry once a person has said yes', async () => {
    const box = await filled(FREE)
    const { code, out, err } = await box.run(['secret', 'remove', 'api_key'], { answers: [true] })
    expect(code).toBe(0)
    expect(err).toContain(
      'its value in the provider file, for good, and its entry in keyhand.yaml?',
    )
    expect(out).toBe(
      'Removed the value of api_key from the provider file; its entry is gone from keyhand.yaml.\n',
    )
    expect(await storedValue(box, 'file', 'api_key')).toBeNull()
    expect(catalogOf(box)).not.toContain('api_key')
    expect(catalogOf(box)).toContain('  b: { provider: file }\n')
  })

  it('removes nothing where the answer is no', async () => {
    const box = await filled(FREE)
    const { code, out } = await box.run(['secret', 'remove', 'api_key'], { answers: [false] })
    expect({ code, out }).toEqual({ code: 1, out: 'Nothing was removed.\n' })
    expect(await storedValue(box, 'file', 'api_key')).toBe('the value')
    expect(catalogOf(box)).toBe(FREE)
  })

  it('removes nothing where nobody can be asked, without --yes', async () => {
    const box = await filled(FREE)
    const { code, err } = await box.run(['secret', 'remove', 'api_key'])
    expect({ code, err }).toMatchObject({ code: 2, err: containing('Say `--yes`') })
    expect(await storedValue(box, 'file', 'api_key')).toBe('the value')
    expect((await box.run(['secret', 'remove', 'api_key', '--yes'])).code).toBe(0)
    expect(await storedValue(box, 'file', 'api_key')).toBeNull()
  })

  it('keeps what a tool uses, unless it is forced', async () => {
    const box = await filled(CATALOG)
    const { code, err } = await box.run(['secret', 'remove', 'api_key', '--yes'])
    expect(code).toBe(2)
    expect(err).toContain('`api_key` is used by `shop`')
    expect(await storedValue(box, 'file', 'api_key')).toBe('the value')
    expect((await box.run(['secret', 'remove', 'api_key', '--yes', '--force'])).code).toBe(0)
    expect(await storedValue(box, 'file', 'api_key')).toBeNull()
  })

  it('leaves the entry where asked to', async () => {
    const box = await filled(FREE)
    const { data } = await box.json(['secret', 'remove', 'api_key', '--keep-entry', '--yes'])
    expect(data).toMatchObject({ value_removed: true, entry_removed: false })
    expect(catalogOf(box)).toBe(FREE)
  })

  it('says that there was no value', async () => {
    const box = await filled(FREE)
    const { code, out } = await box.run(['secret', 'remove', 'b', '--yes'])
    expect(code).toBe(0)
    expect(out).toContain('The provider file held no value of b')
  })

  it('takes an entry away whose provider is only read, and says that the value stays', async () => {
    const box = await fileHome()
    const { code, out } = await box.run(['secret', 'remove', 'ci_token', '--yes'])
    expect({ code, out }).toEqual({
      code: 0,
      out: 'The value of ci_token stays in the provider env, where keyhand only reads; its entry is gone from keyhand.yaml.\n',
    })
    expect(catalogOf(box)).toBe(
      CATALOG.replace('  ci_token: { provider: env, variable: CI_TOKEN }\n', ''),
    )
  })

  it('has nothing to do for a read-only provider whose entry is to stay', async () => {
    const box = await fileHome()
    const { code, err } = await box.run(['secret', 'remove', 'ci_token', '--keep-entry', '--yes'])
    expect({ code, err }).toMatchObject({
      code: 2,
      err: containing('keyhand cannot remove from the provider `env`'),
    })
  })

  it('is in the trail, with whether somebody sat at a terminal', async () => {
    const box = await filled(FREE)
    await box.run(['secret', 'remove', 'api_key'], { answers: [true] })
    expect(box.records().slice(-2)).toMatchObject([
      {
        kind: 'admin',
        change: { what: 'secret remove', step: 'begun', secret: 'api_key', terminal: true },
      },
      { kind: 'admin', change: { what: 'secret remove', step: 'done', value_removed: true } },
    ])
  })

  it('records a failure by its code', async () => {
    const box = await filled(FREE)
    writeFileSync(join(box.home, 'secrets.age'), 'damaged', { mode: 0o600 })
    const { code, err } = await box.run(['secret', 'remove', 'api_key', '--yes'])
    expect({ code, err }).toMatchObject({
      code: 4,
      err: containing('is damaged, or no age file'),
    })
    expect(box.records().at(-1)).toMatchObject({
      kind: 'admin',
      change: { what: 'secret remove', step: 'failed' },
      error: { code: 'secret_invalid' },
    })
    expect(catalogOf(box)).toBe(FREE)
  })
})
