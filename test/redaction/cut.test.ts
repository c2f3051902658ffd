import { Buffer } from 'node:buffer'
import { describe, expect, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { cutText } from '../../src/redaction/cut.ts'
import { createRedactor } from '../../src/redaction/redactor.ts'

const KEY = 'ghp_R4nd0mT0k3nV4lu3R4nd0mT0k3n'

describe('a cut', () => {
  test('at any place of a redacted echo shows no 4 consecutive characters of the key', () => {
    const redactor = createRedactor()
    redactor.register(new Secret('github_token', KEY))
    for (const echoed of [KEY, Buffer.from(`user:${KEY}`).toString('base64')]) {
      const text = redactor.session().text(`{"né": "😀", "authorization": "Bearer ${echoed}"} é`)
      for (let n = 0; n <= Buffer.byteLength(text) + 2; n++) {
        const { text: shown, cut } = cutText(text, n)
        expect(Buffer.byteLength(shown)).toBeLessThanOrEqual(n)
        expect(text.startsWith(shown)).toBe(true)
        expect(cut).toBe(shown !== text)
        for (let i = 0; i + 4 <= KEY.length; i++) expect(shown).not.toContain(KEY.slice(i, i + 4))
      }
    }
  })

  test('falls between characters and before a marker', () => {
    const text = 'aé😀[secret k]z'
    const shown = Array.from({ length: 20 }, (_, n) => cutText(text, n).text)
    expect(new Set(shown)).toEqual(new Set(['', 'a', 'aé', 'aé😀', 'aé😀[secret k]', text]))
  })

  test('leaves a text that is short enough as it is', () => {
    expect(cutText('abc', 3)).toEqual({ text: 'abc', cut: false })
    expect(cutText('abc', 1_000)).toEqual({ text: 'abc', cut: false })
    expect(cutText('abc', 0)).toEqual({ text: '', cut: true })
    expect(cutText('abc', -1)).toEqual({ text: '', cut: true })
  })

  test('of a text that a stream has not ended holds no start of a value', () => {
    const redactor = createRedactor()
    redactor.register(new Secret('k', KEY))
    for (let n = 1; n < KEY.length; n++) {
      const stream = redactor.session().stream()
      expect('"key": "').toContain(stream.push(`"key": "${KEY.slice(0, n)}`))
    }
  })
})
