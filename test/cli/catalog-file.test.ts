import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { editCatalog } from '../../src/cli/catalog-file.ts'
import { containing, sandbox } from '../support/command-line.ts'

const TEXT = 'version: 1 # one\n'

function home(): string {
  const { home: folder } = sandbox()
  mkdirSync(folder, { mode: 0o700 })
  writeFileSync(join(folder, 'keyhand.yaml'), TEXT, { mode: 0o640 })
  return folder
}

function catalogIn(folder: string): string {
  return readFileSync(join(folder, 'keyhand.yaml'), 'utf8')
}

describe('an edit of the catalog', () => {
  it('replaces the file as a whole, with the mode that it had', async () => {
    const folder = home()
    await editCatalog(folder, (text) => `${text}# two\n`)
    expect(catalogIn(folder)).toBe(`${TEXT}# two\n`)
    expect(statSync(join(folder, 'keyhand.yaml')).mode & 0o777).toBe(0o640)
    expect(readdirSync(folder)).toEqual(['keyhand.yaml'])
  })

  it('gives way to whoever changed the file meanwhile', async () => {
    const folder = home()
    const edited = editCatalog(folder, (text) => {
      writeFileSync(join(folder, 'keyhand.yaml'), `${TEXT}# by an editor\n`)
      return `${text}# by keyhand\n`
    })
    await expect(edited).rejects.toMatchObject({
      code: 'secret_conflict',
      message: `\`${join(folder, 'keyhand.yaml')}\` was changed meanwhile`,
    })
    expect(catalogIn(folder)).toBe(`${TEXT}# by an editor\n`)
    expect(readdirSync(folder)).toEqual(['keyhand.yaml'])
  })

  it('leaves the file as it was where the edit fails', async () => {
    const folder = home()
    const edited = editCatalog(folder, () => {
      throw new Error('no')
    })
    await expect(edited).rejects.toMatchObject({ code: 'config_unsafe' })
    expect(catalogIn(folder)).toBe(TEXT)
    expect(readdirSync(folder)).toEqual(['keyhand.yaml'])
  })

  it('keeps every one of many edits', async () => {
    const folder = home()
    const lines = Array.from({ length: 20 }, (_, index) => `# ${index}\n`)
    await Promise.all(lines.map((line) => editCatalog(folder, (text) => text + line)))
    for (const line of lines) expect(catalogIn(folder)).toContain(line)
  })

  it('takes the turn of a process that died', async () => {
    const folder = home()
    const aside = join(folder, '.keyhand.yaml.new')
    writeFileSync(aside, 'half')
    utimesSync(aside, 1, 1)
    await editCatalog(folder, (text) => `${text}# two\n`)
    expect(catalogIn(folder)).toBe(`${TEXT}# two\n`)
    expect(existsSync(aside)).toBe(false)
  })

  it.runIf(process.platform !== 'win32')('refuses a catalog that others can write', async () => {
    const folder = home()
    chmodSync(join(folder, 'keyhand.yaml'), 0o666)
    await expect(editCatalog(folder, (text) => text)).rejects.toMatchObject({
      code: 'config_unsafe',
      message: containing('can be written by everyone'),
    })
  })
})
