import { expect, test } from 'vitest'
import { printable } from '../../src/audit/printable.ts'

const R = '\u{FFFD}'

const CASES: readonly [name: string, text: string, shown: string][] = [
  ['plain text', 'GET /repos/acme/site', 'GET /repos/acme/site'],
  ['letters of any script, and emoji', 'größe 東京 😀', 'größe 東京 😀'],
  ['a colour', 'a\u001b[31;1mb\u001b[0mc', `a${R}b${R}c`],
  ['a cleared screen', '\u001b[2J\u001b[Hx', `${R}x`],
  ['a window title', 'a\u001b]0;evil\u0007b', `a${R}b`],
  ['a link', 'a\u001b]8;;https://evil.example\u001b\\b', `a${R}b`],
  ['an answer-back query', 'a\u001bP$q"p\u001b\\b', `a${R}b`],
  ['a sequence of eight-bit controls', 'a\u009b31mb\u009d0;x\u009cc', `a${R}b${R}c`],
  ['a sequence that never ends', 'a\u001b]0;evil', `a${R}`],
  ['an escape at the end', 'a\u001b', `a${R}`],
  ['newlines, which would forge a line of output', 'a\nb\r\nc', `a${R}b${R}c`],
  ['a backspace', 'deny\b\b\b\ballow', `deny${R}allow`],
  ['text turned around', 'a\u202etxt.exe', `a${R}txt.exe`],
  ['isolates', 'a\u2066b\u2069', `a${R}b${R}`],
  ['invisible characters', 'ad\u200bmin\u00ad\ufeff', `ad${R}min${R}`],
  ['tags', `a\u{e0041}\u{e0042}`, `a${R}`],
  ['line separators', 'a\u2028b\u2029c', `a${R}b${R}c`],
  ['a lone surrogate', 'a\ud800b', `a${R}b`],
  ['a tab and a zero', 'a\tb\0c', `a${R}b${R}c`],
]

for (const [name, text, shown] of CASES) {
  test(`${name} is shown safely`, () => {
    expect(printable(text)).toBe(shown)
    expect(printable(printable(text))).toBe(shown)
  })
}

test('whatever it is given, no control character is left, and it takes no time', () => {
  const text = Array.from({ length: 0x3000 }, (_, code) => String.fromCharCode(code)).join('')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  expect(printable(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
  const started = performance.now()
  printable('\u001b]'.repeat(100_000))
  printable('\u001b['.repeat(100_000))
  expect(performance.now() - started).toBeLessThan(2_000)
})
