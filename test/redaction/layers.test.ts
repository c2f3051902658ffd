import { Buffer } from 'node:buffer'
import * as zlib from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { createRedactor } from '../../src/redaction/redactor.ts'
import { ascii85 as ascii85Of, base58 } from '../corpus/redaction/base-encoders.ts'

const KEY = 'ghp_R4nd0mT0k3nV4lu3Qz8dWmL2pXyz0AbC9f'
const PART = KEY.slice(10, 24)

function redactorWith(...values: readonly string[]) {
  const redactor = createRedactor()
  for (const [i, value] of values.entries()) redactor.register(new Secret(`k${i}`, value))
  return redactor
}

const each = (text: string, map: (code: number, i: number) => string, between = '') =>
  text
    .split('')
    .map((character, i) => map(character.charCodeAt(0), i))
    .join(between)
const hexOf = (code: number) => code.toString(16).padStart(2, '0')
const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64')

/** Four bytes in five units; what is left over is text too. */
function ascii85(text: string): string {
  const bytes = Buffer.from(text.padEnd(Math.ceil(text.length / 4) * 4))
  let out = ''
  for (let at = 0; at < bytes.length; at += 4) {
    let group = bytes.readUInt32BE(at)
    let digits = ''
    for (let i = 0; i < 5; i++) {
      digits = String.fromCharCode(33 + (group % 85)) + digits
      group = Math.floor(group / 85)
    }
    out += digits
  }
  return out
}

const SPREAD: Readonly<Record<string, (text: string) => string>> = {
  reversed: (text) => text.split('').reverse().join(''),
  'upper case': (text) => text.toUpperCase(),
  ROT13: (text) =>
    text.replaceAll(/[a-z]/gi, (c) =>
      String.fromCharCode(c.charCodeAt(0) + ((c.charCodeAt(0) & 31) <= 13 ? 13 : -13)),
    ),
  spaces: (text) => text.split('').join(' '),
  dashes: (text) => text.split('').join('-'),
  lines: (text) => text.split('').join('\n'),
  'zero width': (text) => text.split('').join('\u200b'),
  groups: (text) => text.match(/.{1,4}/g)?.join('-') ?? '',
  'full width': (text) => each(text, (code) => String.fromCharCode(code + 0xfee0)),
}

const DECODED: Readonly<Record<string, (text: string) => string>> = {
  percent: (text) => each(text, (code) => `%${hexOf(code)}`),
  'percent, mixed': (text) =>
    each(text, (code, i) => (i % 3 === 0 ? `%${hexOf(code)}` : String.fromCharCode(code))),
  'percent, twice': (text) => each(text, (code) => `%25${hexOf(code)}`),
  '\\u, mixed': (text) =>
    each(text, (code, i) => (i % 2 === 0 ? `\\u00${hexOf(code)}` : String.fromCharCode(code))),
  '\\x': (text) => each(text, (code) => `\\x${hexOf(code)}`),
  'U+': (text) => each(text, (code) => `U+00${hexOf(code).toUpperCase()}`, ' '),
  ascii85: (text) => ascii85(`:${text}`),
  'hex with 0x and nothing between': (text) => each(text, (code) => `0x${hexOf(code)}`),
  octal: (text) => each(text, (code) => `\\${code.toString(8).padStart(3, '0')}`),
  'HTML decimal': (text) => each(text, (code) => `&#${code};`),
  'HTML hex': (text) => each(text, (code) => `&#x${hexOf(code)};`),
  'quoted-printable': (text) => each(text, (code) => `=${hexOf(code).toUpperCase()}`),
  'base64, wrapped': (text) =>
    base64(`xx${text}`)
      .match(/.{1,7}/g)
      ?.join('\n') ?? '',
  'base64 of UTF-16LE': (text) => base64(Buffer.from(text, 'utf16le')),
  'base64 of UTF-16BE': (text) => base64(Buffer.from(text, 'utf16le').swap16()),
  'base64, twice': (text) => base64(base64(text)),
  'base64 of hex': (text) => base64(Buffer.from(text).toString('hex')),
  'hex with colons': (text) => each(text, hexOf, ':'),
  'hex with 0x': (text) => each(text, (code) => `0x${hexOf(code)}`, ', '),
  decimal: (text) => `[${each(text, String, ',')}]`,
  JWT: (text) => `eyJhbGciOiJIUzI1NiJ9.${base64(JSON.stringify({ k: text }))}.c2ln`,
  gzip: (text) => base64(zlib.gzipSync(text)),
  deflate: (text) => base64(zlib.deflateSync(text)),
  'raw deflate': (text) => base64(zlib.deflateRawSync(text)),
  brotli: (text) => base64(zlib.brotliCompressSync(text)),
  zstd: (text) => base64(zlib.zstdCompressSync(text)),
  'JSON in JSON': (text) => JSON.stringify(JSON.stringify({ a: text })),
}

const ALL = Object.entries({ ...SPREAD, ...DECODED })

describe('a value', () => {
  test.each(ALL)('as %s is removed, and so is a part of it', (_, encode) => {
    const redactor = redactorWith(KEY)
    for (const [text, marker] of [
      [KEY, '[secret k0]'],
      [PART, '[part of a secret]'],
    ] as const) {
      const encoded = encode(text)
      const out = redactor.session().text(`echo <${encoded}> end`)
      expect(out).toContain(marker)
      expect(out).not.toContain(encoded.slice(2, -2))
      expect(out).toMatch(/end$/)
    }
  })

  test.each(ALL)('as %s is refused in an input', (_, encode) => {
    expect(redactorWith(KEY).inspectInput({ q: encode(PART) })).toMatchObject({ name: 'k0' })
  })

  test('with one character in each element, or its halves in two fields, is removed from JSON', () => {
    const session = redactorWith(KEY).session()
    const out = session.json({
      list: KEY.split(''),
      half: { one: KEY.slice(0, 20), two: KEY.slice(20) },
      bytes: [...Buffer.from(KEY)],
      plain: 'stays',
    })
    expect(out).toMatchObject({ plain: 'stays' })
    const shown = JSON.stringify(out)
    expect(shown).not.toContain(KEY.slice(0, 20))
    expect(shown).not.toContain(KEY.slice(20))
    expect(shown).not.toContain('"n","d"')
    expect(shown).not.toContain('110,100')
  })

  test('goes with its token where only a part of it stands there, and the marker names no secret', () => {
    const session = redactorWith(KEY).session()
    expect(session.text(`key=abc${PART}xyz, next`)).toBe('key=[part of a secret], next')
    session.text(`again ${PART} and ${KEY.slice(22)}`)
    expect(session.counts).toEqual({ byName: {}, partial: 2 })
  })
})

const apart = (text: string) => text.split('').join(' ')
const wide = (text: string) => text.replaceAll(/[!-~]/g, (c) => SPREAD['full width']?.(c) ?? c)

describe('a value that the fuzzer once found', () => {
  const NUMBER = '8da0d8e44b2010e4c6ebc3ecc76f5229'
  const WORDS = 'velvet orchid, "ember" & <basil> nickel; 100% falcon'
  const list = (text: string) => JSON.stringify([...text])
  const LONG = each('x'.repeat(400), (_, i) =>
    'V7pQ2xL9mZ4kT8wR1nB6aB3dE5fG7hJ'.charAt((i * i + 7 * i) % 31),
  )
  const lines = (text: string, size: number) =>
    text.replaceAll(new RegExp(`.{${size}}`, 'g'), '$&\n')
  const wrapped = (text: string) => lines(text, 9)
  const escaped = (text: string) =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

  test.each([
    [
      'escapes in base64, reversed',
      KEY,
      SPREAD['reversed']?.(base64(`${DECODED['percent']?.(KEY.repeat(4))}`)),
    ],
    [
      'base64 in the lines of an event',
      KEY,
      `data: ${base64(KEY)
        .match(/.{1,7}/g)
        ?.join('\ndata: ')}\n\n`,
    ],
    [
      'soft ends of line in the lines of an event',
      KEY,
      `data: ${each(KEY, (code) => `=${hexOf(code)}`)
        .match(/.{1,9}/g)
        ?.join('=\ndata: ')}\n\n`,
    ],
    ['digits in base64, reversed', NUMBER, SPREAD['reversed']?.(base64(`user:${NUMBER}`))],
    [
      'digits that are deflated, which look like plain base64',
      NUMBER,
      DECODED['raw deflate']?.(NUMBER),
    ],
    [
      'ascii85 of escapes, in single characters',
      NUMBER,
      apart(ascii85(DECODED['\\x']?.(NUMBER) ?? '')),
    ],
    ['ascii85 that ends with a sign, in single characters', KEY, `${apart(ascii85(`${KEY}>`))} >`],
    ['words with entities, full-width', WORDS, wide(escaped(WORDS))],
    [
      'an array of its bytes, in an array, full-width',
      KEY,
      wide(JSON.stringify(apart([...Buffer.from(KEY)].join(', ')).split(' '))),
    ],
    ['signs in ascii85, in a list of JSON', NUMBER, list(ascii85(DECODED['\\x']?.(NUMBER) ?? ''))],
    [
      'signs in ascii85, in a list of Python',
      KEY,
      `['${ascii85(`;${KEY}`).split('').join("', '")}']`,
    ],
    ['a list of JSON in single characters, in a list', NUMBER, list(apart(list(NUMBER)))],
    ['a list of JSON with escapes, in ROT13', KEY, SPREAD['ROT13']?.(list(wrapped(base64(KEY))))],
    [
      'a list of JSON with escapes, reversed',
      KEY,
      SPREAD['reversed']?.(list(wrapped(base64(KEY)))),
    ],
    [
      'ends of line that are escaped, in ROT13',
      KEY,
      SPREAD['ROT13']?.(JSON.stringify(wrapped(base64(KEY)))),
    ],
    [
      'ends of line that are escaped, far from each other, reversed',
      LONG,
      SPREAD['reversed']?.(JSON.stringify(lines(base64(LONG), 76))),
    ],
    [
      'ends of line that are escaped, far from each other, in ROT13 and reversed',
      LONG,
      SPREAD['ROT13']?.(SPREAD['reversed']?.(JSON.stringify(lines(base64(LONG), 19))) ?? ''),
    ],
    [
      'octal in JSON after a backslash: the first letter may be that of a rotated escape',
      'ZxV7pQ2xL9mZ4kT8wR1nB6aB3dE5fG7hJ9kL',
      `\\${each(base58(Buffer.from('ZxV7pQ2xL9mZ4kT8wR1nB6aB3dE5fG7hJ9kL')), (code) => `\\\\${code.toString(8).padStart(3, '0')}`)}`,
    ],
    [
      'base58 in ascii85, with other text beside it',
      'sk_live_V7pQ2xL9mZ4kT8wR1nB6aB3dE5fG7hJ9kL1m',
      `${ascii85(base58(Buffer.from('sk_live_V7pQ2xL9mZ4kT8wR1nB6aB3dE5fG7hJ9kL1m')))}${ascii85('Kept').slice(0, 2)}`,
    ],
    [
      'bytes with 0x after other bytes',
      KEY,
      `tdx${each(zlib.brotliCompressSync(KEY).toString('base64'), (code) => `0x${hexOf(code)}`, ', ')}`,
    ],
    [
      'base64 of Brotli with many small letters',
      '15620468229254288402',
      'G+kA+B2nxxrMCi5UJjs1ggdusljxgNNGgolkkFoLHPLTkyhdrijjegVfrJFyZhU=',
    ],
  ])('goes: %s', (_, value, encoded) => {
    const out = redactorWith(value).session().text(`echo:\n${encoded}\nend`)
    expect(out).toContain('[secret k0]')
    expect(out).not.toContain(encoded?.slice(8, -8))
  })
})

describe('what is not a value', () => {
  test.each([
    'commit 9fceb02d0ae598e95dc970b74767f19372d61af8',
    'id 123e4567-e89b-12d3-a456-426614174000',
    `image ${base64(Buffer.from(Array.from({ length: 600 }, (_, i) => (i * 7919) % 251)))}`,
    'sha512-oIx2ZfCkz8kU7KF3xMJ9fYbqfBdA0sL0E1YgFz1v8vJ9mRk3hOYQ5sZQ0r6Fv1nW2T4xQ7cB8uD5eA3jH6kL9g==',
    'ghp_ is what such keys begin with: ghp_R4nd0mT0k3 is less than a third',
    'at 2026-11-23T00:01:11.103Z in 12 ms\n2026-11-23T00:01:12.240Z dc0906ed36c05efa',
    'see https://example.com/a%20b?c=%7B%22d%22%3A1%7D &amp; "\\u00e9"',
  ])('stays: %s', (text) => {
    const session = redactorWith(KEY).session()
    expect(session.text(text)).toBe(text)
    expect(session.counts).toEqual({ byName: {}, partial: 0 })
  })
})

describe('a stream', () => {
  test('gives what the whole text gives, for any pieces of events and paragraphs in any encoding', () => {
    const texts = fc.array(
      fc.oneof(
        fc.constantFrom('GET /a 200\n', 'data: {"a":1}\n\n', ' ', '\n', '12, 13, ', 'x=', '"'),
        fc.tuple(fc.constantFrom(...ALL), fc.constantFrom(KEY, PART)).map(([[, f], t]) => f(t)),
      ),
      { maxLength: 6 },
    )
    fc.assert(
      fc.property(texts, fc.array(fc.nat(600), { maxLength: 8 }), (parts, cuts) => {
        const redactor = redactorWith(KEY)
        const text = parts.join('\n\n')
        const stream = redactor.session().stream()
        const places = [0, ...cuts.sort((a, b) => a - b), text.length]
        const out = places.map((place, i) => stream.push(text.slice(places[i - 1] ?? 0, place)))
        expect(out.join('') + stream.end()).toBe(redactor.session().text(text))
      }),
      { numRuns: 300 },
    )
  })
})

describe('a value that is looked for as a whole word only', () => {
  const redactor = createRedactor()
  redactor.register(new Secret('pin', 'admin'), { redact: 'exact-word' })
  redactor.register(new Secret('off', 'hunter2hunter2'), { redact: 'off' })

  test('is removed as a word and stays within one', () => {
    const out = redactor.session().text('admin, (admin) administrator éadmin hunter2hunter2')
    expect(out).toBe('[secret pin], ([secret pin]) administrator éadmin hunter2hunter2')
  })

  test('may stand in an input', () => {
    expect(redactor.inspectInput({ user: 'admin', q: 'hunter2hunter2' })).toBeNull()
  })
})

const PASSWORD = 'n:~xHd2j$/'
const PIECES = KEY.match(/.{1,10}/g) ?? []

describe('a password of signs and few letters', () => {
  test.each([
    ['as it is', PASSWORD],
    ['in capitals', PASSWORD.toUpperCase()],
    ['reversed', each(PASSWORD, (_, i) => PASSWORD.charAt(PASSWORD.length - 1 - i))],
    ['set apart', PASSWORD.split('').join(' ')],
    ['in groups', 'n:~xH-d2j$/'],
    ['in a list', JSON.stringify(PASSWORD.split(''), null, 2)],
    ['in a list in a string', JSON.stringify(JSON.stringify(PASSWORD.split(''), null, 2))],
    ['eight characters of it', PASSWORD.slice(1, 9)],
    ['its halves', `first ${PASSWORD.slice(0, 5)}, then ${PASSWORD.slice(5)}`],
  ])('is removed %s', (_, shown) => {
    const out = redactorWith(PASSWORD).session().text(`it says ${shown} and goes on`)
    expect(out).toMatch(/\[(?:secret k0|part of a secret)\]/)
    expect(out).not.toContain(shown.slice(3, -3))
  })
})

describe('a password of ten characters', () => {
  test.each([
    ['entities, reversed', 'gUW2@&%b25', '52b%;pma&@2WUg'],
    ['entities, in ROT13', 'H+V+a&yuxi', 'U+I+n&nzc;lhkv'],
    ['base64 of it in capitals, reversed', 'hgdxTDtGp8', base64('8PGTDTXDGH')],
    ['ascii85 with an escape near its end, in JSON', 'hxdxTDtap8', `BR\\"'4<((h:E&[`],
  ])('goes: %s', (_, value, shown) => {
    expect(redactorWith(value).session().text(`a ${shown} b`)).toBe('a [secret k0] b')
  })
})

describe('a password of ten characters, encoded, in single characters', () => {
  const BACKWARDS = '?KL_*tQ:J&'
  const SIGNED = 'H+V+a&yuxi'
  const alone = apart(base58(Buffer.from(SIGNED)))

  test.each([
    ['the first and the last beside a sign', '&J:Qt*_LK?', `"${apart(base64(BACKWARDS))}==`, '"['],
    ['after another one', SIGNED, `I ${alone}`, 'I ['],
    ['before another one', SIGNED, `of: ${alone} 5`, 'of: ['],
    ['between two', SIGNED, `I ${alone} 5`, 'I ['],
    ['in quotes', SIGNED, `so "${alone}" it is`, 'so "['],
  ])('goes: %s', (_, value, shown, before) => {
    const out = redactorWith(value).session().text(shown)
    expect(out).toContain(`${before}secret k0]`)
    expect(out).not.toContain(shown.slice(-12, -6))
  })
})

describe('a value that is a user and a password too short to have runs', () => {
  const PAIR = 'hxdxTDt:p8'
  const reversed = [...PAIR].reverse().join('')

  test.each([
    ['reversed', reversed],
    ['reversed, in hex', Buffer.from(reversed).toString('hex')],
    ['upper case', PAIR.toUpperCase()],
    ['base64 in lines', base64(PAIR).replaceAll(/.{5}/g, '$&\n    ')],
    ['ascii85 with other text beside it', `${ascii85Of(Buffer.from(PAIR))}=yek`],
    ['full-width, in ascii85, with a sign beside it', `${ascii85Of(Buffer.from(wide(PAIR)))}%`],
  ])('goes as a whole, however it is written: %s', (_, text) => {
    const out = redactorWith(PAIR).session().text(`a ${text} b`)
    expect(out).toMatch(/^a \[secret k0\][=\s]* b$/)
  })

  test('does not go in part, so that nobody can guess it letter by letter', () => {
    const redactor = redactorWith(PAIR)
    const text = `a ${PAIR.slice(0, -1)} ${reversed.slice(1)} b`
    expect(redactor.session().text(text)).toBe(text)
    expect(redactor.inspectInput({ q: text })).toBeNull()
  })
})

describe('a value in pieces', () => {
  test('is removed where one message holds all of them', () => {
    const session = redactorWith(KEY).session()
    const text = PIECES.map((piece, i) => `${i}: ${piece}\n`).join('')
    expect(session.text(text)).toBe(PIECES.map((_, i) => `${i}: [secret k0]\n`).join(''))
    expect(session.json(PIECES)).toEqual(PIECES.map(() => '[secret k0]'))
  })

  test('stays where one of them is missing, in whatever order', () => {
    const text = PIECES.slice(1).reverse().join('\n')
    expect(redactorWith(KEY).session().text(text)).toBe(text)
  })

  test('loses in a stream the piece that would complete it, and each one after that', () => {
    const stream = redactorWith(KEY).session().stream()
    const out = [...PIECES, PIECES[1] ?? ''].map((piece) => stream.push(`part is ${piece}\n\n`))
    const shown = out.join('') + stream.end()
    expect(shown.replaceAll('part is ', '').split('\n\n')).toEqual([
      ...PIECES.slice(0, -1),
      '[secret k0]',
      '[secret k0]',
      '',
    ])
  })
})

describe('what is encoded more often than is looked into', () => {
  const again = (text: string, encode: (text: string) => string, times: number): string =>
    times === 0 ? text : again(encode(text), encode, times - 1)

  test.each([
    ['base64', (text: string) => base64(text), 4],
    ['hex', (text: string) => Buffer.from(text).toString('hex'), 4],
    ['gzip', (text: string) => base64(zlib.gzipSync(text)), 4],
    ['percent', (text: string) => each(text, (code) => `%${hexOf(code)}`), 6],
  ])('is removed as far as it is, and withheld beyond: %s', (_, encode, deepest) => {
    const session = redactorWith(KEY).session()
    expect(session.text(`<${again(KEY, encode, deepest)}>`)).toBe('<[secret k0]>')
    expect(() => session.text(`<${again(KEY, encode, deepest + 1)}>`)).toThrow(
      expect.objectContaining({ code: 'redaction_failed' }),
    )
  })
})

test('what looks compressed everywhere and is not withholds the message, before it takes the memory', () => {
  const text = Buffer.from('789c'.repeat(40_000), 'hex').toString('base64')
  expect(() => redactorWith(KEY).session().text(text)).toThrow(
    expect.objectContaining({ code: 'redaction_failed' }),
  )
})

test('a text that was found clean is searched again once another value is known', () => {
  const redactor = redactorWith(KEY)
  const other = 'xoxb-Another0ne-That-Comes-Later-42'
  const text = `${'a line of a log, and another one; '.repeat(4)}${other}`
  expect([redactor.session().text(text), redactor.session().text(text)]).toEqual([text, text])
  redactor.register(new Secret('later', other))
  expect(redactor.session().text(text)).toMatch(/\[secret later\]$/)
})

test('a password that the admin lets through is not found as a part of a pair', () => {
  const redactor = createRedactor()
  redactor.register(new Secret('word', 'administrator'), { redact: 'exact-word' })
  redactor.register(new Secret('pair', 'ci-bot:administrator'))
  expect(redactor.inspectInput({ q: 'administrator' })).toBeNull()
  expect(redactor.session().text('administrators, ci-bot:administrator')).toBe(
    'administrators, [secret pair]',
  )
})

test('a megabyte in one word, whatever it looks like, takes no more than seconds', () => {
  const redactor = redactorWith(KEY)
  const random = Buffer.from(Array.from({ length: 150_000 }, (_, i) => (i * i * 7919) % 251))
  for (const text of [base64(random), random.toString('hex'), KEY.slice(4).repeat(6_000)]) {
    const started = performance.now()
    redactor.session().text(text)
    expect(performance.now() - started).toBeLessThan(10_000)
  }
})

test('what is compressed and holds too much withholds the message', () => {
  const bomb = base64(zlib.gzipSync(Buffer.alloc(20_000_000)))
  expect(() => redactorWith(KEY).session().text(bomb)).toThrow(
    expect.objectContaining({
      code: 'redaction_failed',
      message: 'a text that is encoded holds too much to search',
    }),
  )
})
