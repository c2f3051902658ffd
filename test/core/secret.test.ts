import { format, inspect } from 'node:util'
import { serialize } from 'node:v8'
import { describe, expect, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'

const VALUE = 'Wq7.Zt3-Xk9~Vp5_Rn2'
const secret = new Secret('github_token', VALUE)

const WAYS: readonly (readonly [string, (value: unknown) => string])[] = [
  ['a template', (value) => `${String(value)}`],
  ['concatenation', (value) => ''.concat(value as string)],
  ['JSON', (value) => JSON.stringify(value)],
  ['JSON of what holds it', (value) => JSON.stringify({ a: [value] })],
  ['inspect', (value) => inspect(value, { showHidden: true, depth: null, getters: true })],
  [
    'inspect of what holds it',
    (value) => inspect({ a: [value] }, { showHidden: true, depth: null }),
  ],
  ['a format string', (value) => format('%s %o %O %j', value, value, value, value)],
  ['an error', (value) => inspect(new Error(`failed with ${String(value)}`, { cause: value }))],
  ['an array', (value) => [value].join()],
]

describe('a secret', () => {
  test.each(WAYS)('is its name in %s', (_, text) => {
    expect(text(secret)).toContain('[secret github_token]')
    expect(text(secret)).not.toContain(VALUE)
  })

  test('has no property that holds its value, and none that a copy would take', () => {
    expect(Object.entries(secret)).toEqual([
      ['name', 'github_token'],
      ['field', null],
    ])
    expect({ ...secret }).toEqual({ name: 'github_token', field: null })
    expect(serialize({ ...secret }).toString('latin1')).not.toContain(VALUE)
    expect(inspect(structuredClone({ ...secret }))).not.toContain(VALUE)
  })

  test('gives its value to who asks for it by that word', () => {
    expect(secret.reveal()).toBe(VALUE)
  })

  test('is equal to another of the same value, whatever its name and length', () => {
    expect(secret.equals(new Secret('other', VALUE))).toBe(true)
    expect(secret.equals(new Secret('github_token', `${VALUE}x`))).toBe(false)
    expect(secret.equals(new Secret('github_token', ''))).toBe(false)
  })
})
