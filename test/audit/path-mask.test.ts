import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hasCredential, looksLikeCredential, maskCredentials } from '../../src/audit/path-mask.ts'

const KEY = new Uint8Array(32).fill(7)

describe('a segment that looks like a credential is one', () => {
  for (const segment of [
    'bot123:ABC',
    'bot8412345678:AAHqf2Zc9Jd0aR3kqLmNoPqRsTuVwXyZabc',
    '8412345678:AAHqf2Zc9Jd0aR3kqLmNoPqRsTuVwXyZabc',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N',
    'ghp_16C7e42F292c6912E7710c838347Ae178B4a',
    'github_pat_11ABCDEFG0abcdefghijkl',
    'glpat-ABCdefGHIjklMNOpqrst',
    'xoxb-not-a-real-token',
    'sk_live_abcdefghijklmnop',
    'sk-proj-abcdefghijklmnop',
    'AKIAIOSFODNN7EXAMPLE',
    'hvs.CAESIJlPzDuPnMwfHyEhDZ',
    'npm_abcdefghijklmnop',
    'AGE-SECRET-KEY-1QQQQQQ',
    'SG.ngeVfQFYQlKU0ufo8x5d1A',
    // No name, but nothing that a word or a number gives.
    'T9pXq2LmZ7vRk4Ws1NbY',
    'wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY',
    'QwErTyUiOpAsDfGhJkLzXcVb',
    'zkqvxwjhgfdsapoiuytrewq',
    'XK4D-9QWE-7L7P-MM2Z-A1B2',
    '01ARZ3NDEKTSV4RRFFQ69G5FAV',
    // A token of 40 hex digits and a commit cannot be told apart: the outcome has the commit.
    'da39a3ee5e6b4b0d3255bfef95601890afd80709',
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    // In another spelling.
    'bot123%3AABC',
    '%67hp_16C7e42F292c6912E7710c838347Ae178B4a',
    'key=T9pXq2LmZ7vRk4Ws1NbY',
    'hook;T9pXq2LmZ7vRk4Ws1NbY',
  ]) {
    test(segment, () => expect(looksLikeCredential(segment)).toBe(true))
  }
})

describe('what people and programs call things by is none', () => {
  for (const segment of [
    '',
    'user',
    'repos',
    'site',
    'v1',
    'api',
    'report-2026-11.json',
    '550e8400-e29b-41d4-a716-446655440000',
    '019AB1C2-0000-7000-8000-000000000001',
    '42',
    '1234567890123456789',
    '12345678901234567890123',
    'getUserNotificationPreferences',
    'how-to-configure-your-editor-in-2026',
    'internationalization',
    'application-default-credentials',
    'da39a3e',
    'sha256-and-base64-and-utf8',
    '2026-11-23T17:45:00.123Z',
    'ada@example.com',
    'bot-settings',
    'Verkehrsg%C3%BCterverwaltung',
    '%',
    '東京都千代田区永田町一丁目七番一号国会議事堂',
  ]) {
    test(segment, () => expect(looksLikeCredential(segment)).toBe(false))
  }
})

test('only the segment is masked, and the same value has the same mask under one key', () => {
  const path = '/bot123:ABC/sendMessage'
  const masked = maskCredentials(path, KEY)
  expect(masked).toMatch(/^\/hmac:[0-9a-f]{12}\/sendMessage$/)
  expect(maskCredentials(path, KEY)).toBe(masked)
  expect(maskCredentials(path, new Uint8Array(32))).not.toBe(masked)
  expect(maskCredentials('/bot123:ABD/sendMessage', KEY)).not.toBe(masked)
})

test('a path with nothing to mask is as it was', () => {
  expect(hasCredential('/repos/acme/site/')).toBe(false)
  expect(maskCredentials('/repos/acme/site/', KEY)).toBe('/repos/acme/site/')
  expect(maskCredentials('', KEY)).toBe('')
})

test('random tokens of 24 characters and more are masked, in every common alphabet', () => {
  const alphabets = {
    hex: '0123456789abcdef',
    base32: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567',
    base62: '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
  }
  for (const alphabet of Object.values(alphabets)) {
    const token = fc
      .array(fc.constantFrom(...alphabet), { minLength: 24, maxLength: 64 })
      .map((characters) => characters.join(''))
      .filter((text) => /\d/.test(text) && /[a-f]/i.test(text))
    fc.assert(
      fc.property(token, (text) => looksLikeCredential(text)),
      { numRuns: 500 },
    )
  }
})

test('a long segment takes no time', () => {
  const started = performance.now()
  for (const part of ['a', 'A1', '-', 'ey', 'bot1', 'sk-', '%41', '1'])
    looksLikeCredential(part.repeat(50_000))
  expect(performance.now() - started).toBeLessThan(2_000)
})
