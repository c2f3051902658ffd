import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { schemaDifferences } from '../scripts/schema.ts'

const published = resolve(import.meta.dirname, '../schema')

it('schema/ holds what the code says; where not, run `npm run schema`', () => {
  expect(schemaDifferences(published)).toEqual([])
})

it('finds a schema that was changed by hand, one that is missing and one that nothing makes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'keyhand-schema-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  cpSync(published, folder, { recursive: true })
  writeFileSync(join(folder, 'catalog.schema.json'), '{}\n')
  rmSync(join(folder, 'keyhand.cedarschema'))
  writeFileSync(join(folder, 'old.schema.json'), '{}\n')
  expect(schemaDifferences(folder)).toEqual([
    'catalog.schema.json',
    'keyhand.cedarschema',
    'old.schema.json',
  ])
})
