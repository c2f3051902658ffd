import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { strengthOf } from '../../src/redaction/strength.ts'

function strength(value: string) {
  return strengthOf(new Secret('k', value))
}

describe('the strength of a value', () => {
  test.each([
    '7',
    'ok',
    '123456',
    'admin',
    'complete',
    'password',
    'hunter2',
    'Tr0ub4dor&3',
    'correct-horse-battery',
    '2024-01-31',
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    'abcdefghijklmnopqrstuvwxyz0123456789',
    'ghp_abcabcabcabcabcabcabcabc',
    'postgres://orders:hunter2@orders.internal/orders',
  ])('of `%s` is weak', (value) => {
    expect(strength(value).weak).toBe(true)
  })

  test('of random values of real shapes is not', () => {
    for (let i = 0; i < 500; i++) {
      const bytes = randomBytes(24)
      for (const value of [
        bytes.toString('base64'),
        bytes.toString('base64url'),
        bytes.toString('hex'),
        `ghp_${bytes.toString('hex')}`,
        `postgres://orders:${bytes.toString('base64url')}@orders.internal/orders`,
      ]) {
        expect(strength(value).weak).toBe(false)
      }
    }
  })

  test('is no more than the bits that went into it, by much', () => {
    const hex = strength('8f14e45fceea167a5a36dedd4bea2543')
    expect(hex.bits).toBeLessThanOrEqual(128)
    expect(hex.bits).toBeGreaterThan(100)
  })

  test('names a class of lengths, not the length', () => {
    const classes = [0, 1, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128].map(
      (length) => strength('x'.repeat(length)).lengthClass,
    )
    expect(classes).toEqual([
      '0',
      '1-7',
      '1-7',
      '8-15',
      '8-15',
      '16-31',
      '16-31',
      '32-63',
      '32-63',
      '64-127',
      '64-127',
      '128+',
    ])
  })

  test('says nothing of the value', () => {
    expect(JSON.stringify(strength('hunter2'))).not.toContain('hunter')
  })
})
