import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { NOT_DETECTED, verifyTrail } from '../../src/audit/verify.ts'
import { EVENTS, fileOf, linesOf } from './sample-trail.ts'

const PAGE = readFileSync(new URL('../../docs/audit.md', import.meta.url), 'utf8')

test('the record that the page shows is one', async () => {
  const [, example = ''] = /```jsonl\n(.*?)```/s.exec(PAGE) ?? []
  expect(example).not.toBe('')
  const { problems, records } = await verifyTrail([fileOf('example', example)], [])
  expect(problems.map(({ kind }) => kind)).toEqual(['unknown_file'])
  expect(records).toBe(2)
})

test('the table of fields has every field of the format, and no other', () => {
  const table = PAGE.slice(PAGE.indexOf('| field |'), PAGE.indexOf('A field that has nothing'))
  const rows = table.split('\n').flatMap((row) => row.split('|')[1] ?? [])
  const documented = rows.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name))
  const used = linesOf(EVENTS).flatMap((line) => Object.keys(JSON.parse(line) as object))
  expect(documented.toSorted()).toEqual([...new Set(used)].sort())
})

test('the page says what verify says it does not detect', () => {
  expect(PAGE.toLowerCase()).toContain(NOT_DETECTED.toLowerCase())
})
