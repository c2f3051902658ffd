import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pathSegments } from '../../../src/core/path-text.ts'
import { canonicalPath } from '../../../src/tools/http/canonical-path.ts'
import { textLike } from '../../support/text-like.ts'

const STRICT = { encodedSlash: false, semicolon: false }
const LENIENT = { encodedSlash: true, semicolon: true }

describe('a path that is taken', () => {
  const same = [
    '/',
    '/user',
    '/user/',
    '/repos/acme/site',
    "/a-b._~!$&'()+,=:@",
    '/a%20b',
    '/%2A',
    '/...',
    '/.hidden',
    '/a..b',
    '/%E2%82%AC',
  ]
  for (const path of same) {
    it(`leaves ${path} as it is`, () => {
      expect(canonicalPath(path, STRICT)).toMatchObject({ text: path })
    })
  }
  const made: readonly (readonly [string, string])[] = [
    ['/%41%2d%7e', '/A-~'],
    ['/%e2%82%ac', '/%E2%82%AC'],
    ['/caf\u00e9', '/caf%C3%A9'],
    ['/a%2a', '/a%2A'],
  ]
  for (const [path, text] of made) {
    it(`writes ${path} as ${text}`, () => {
      expect(canonicalPath(path, STRICT)).toMatchObject({ text })
    })
  }
  it('gives the segments that are between the slashes', () => {
    expect(canonicalPath('/', STRICT)).toEqual({ text: '/', segments: [] })
    expect(canonicalPath('/a', STRICT)).toEqual({ text: '/a', segments: ['a'] })
    expect(canonicalPath('/a/', STRICT)).toEqual({ text: '/a/', segments: ['a', ''] })
  })
})

describe('a path that two parsers could read in two ways', () => {
  const refused: readonly (readonly [string, RegExp, RegExp])[] = [
    ['', /does not start with/, /from the first `\/`/],
    ['user', /does not start with/, /from the first `\/`/],
    ['//evil.example/x', /names another host/, /the path alone/],
    ['https://evil.example/x', /absolute URL/, /the path alone/],
    ['/public/../admin', /`\.` or `\.\.`/, /without it/],
    ['/public/./admin', /`\.` or `\.\.`/, /without it/],
    ['/..', /`\.` or `\.\.`/, /without it/],
    ['/public/%2e%2e/admin', /`\.` or `\.\.`/, /without it/],
    ['/public/.%2E/admin', /`\.` or `\.\.`/, /without it/],
    ['/public/%252e%252e/admin', /escaped twice/, /once/],
    ['/public/%25%32%65', /escaped twice/, /once/],
    ['/public/..%20/admin', /`\.` or `\.\.`/, /without it/],
    ['/public/\uff0e\uff0e/admin', /`\.` or `\.\.`/, /without it/],
    ['/public/\u2025/admin', /`\.` or `\.\.`/, /without it/],
    ['/a//b', /empty segment/, /one `\/`/],
    ['/a\\b', /backslash/, /`\/`/],
    ['/a%5cb', /backslash/, /leave it out/],
    ['/a%2fb', /%2F/, /encoded_slash: true/],
    ['/a\uff0fb', /look-alike/, /plain character/],
    ['/a;b=c', /`;`/, /semicolon: true/],
    ['/a%3bb', /%3B/, /semicolon: true/],
    ['/a?b=c', /`\?`/, /`query`/],
    ['/a#b', /`#`/, /%23/],
    ['/a b', /` `/, /`%20`/],
    ['/a*', /`\*`/, /`%2A`/],
    ['/a"b', /`"`/, /`%22`/],
    ['/a|b', /`\|`/, /`%7C`/],
    ['/a%', /starts no escape/, /`%25`/],
    ['/a%zz', /starts no escape/, /`%25`/],
    ['/a%ff', /not UTF-8/, /UTF-8/],
    ['/a%c0%af', /not UTF-8/, /UTF-8/],
    ['/a%00', /control character/, /leave it out/],
    ['/a%0d%0aX: 1', /` `/, /`%20`/],
    ['/a%0d%0a', /control character/, /leave it out/],
    ['/a\r\nHost: evil', /control character/, /leave it out/],
    ['/a\0', /control character/, /leave it out/],
    ['/e\u0301', /NFC/, /\u00e9/],
    ['/e%CC%81', /NFC/, /%C3%A9/],
    ['/\ud800', /surrogate/, /well-formed/],
    [`/${'a'.repeat(5000)}`, /longer than 4096/, /shorter/],
    [`/${'\u20ac'.repeat(1000)}`.repeat(2), /longer than 4096/, /shorter/],
    ['/a'.repeat(65), /more than 64 segments/, /shorter/],
  ]
  for (const [path, error, fix] of refused) {
    it(`refuses ${JSON.stringify(path.slice(0, 40))} and says what to write`, () => {
      const refusal = canonicalPath(path, STRICT)
      expect(refusal).toMatchObject({
        error: textLike(error),
        fix: textLike(fix),
      })
    })
  }
  it('takes %2F and ; where the tool says so, as part of their segment', () => {
    expect(canonicalPath('/a%2fb;v=1/c', LENIENT)).toEqual({
      text: '/a%2Fb;v=1/c',
      segments: ['a%2Fb;v=1', 'c'],
    })
  })
  for (const path of ['/a%2F..%2Fb', '/..%2fb', '/a/..;x/b', '/..%3b/b', '/.%2F']) {
    it(`refuses ${path} also then`, () => {
      expect(canonicalPath(path, LENIENT)).toMatchObject({ error: 'holds a `.` or `..` segment' })
    })
  }
})

describe('any path', () => {
  const piece = fc.constantFrom(
    'a',
    'B',
    '0',
    '/',
    '//',
    '.',
    '..',
    '%2e',
    '%2F',
    '%5c',
    '%25',
    '%41',
    '%c3%a9',
    'é',
    'e\u0301',
    ';',
    '*',
    '?',
    '#',
    ' ',
    '\\',
    '%',
    '~',
    ':',
    '\uff0e',
    '\0',
  )
  const path = fc.array(piece, { maxLength: 12 }).map((parts) => `/${parts.join('')}`)

  it('is the same when made canonical twice, and has nothing that a URL parser would change', () => {
    fc.assert(
      fc.property(path, (text) => {
        const made = canonicalPath(text, STRICT)
        if ('error' in made) return
        expect(canonicalPath(made.text, STRICT)).toEqual(made)
        expect(made.text).toMatch(/^\/[A-Za-z0-9._~!$&'()+,=:@%/-]*$/)
        expect(new URL(`https://host.example${made.text}`).pathname).toBe(made.text)
      }),
      { numRuns: 2000 },
    )
  })

  it('has the segments that a pattern’s parser, written by itself, finds in it', () => {
    fc.assert(
      fc.property(path, (text) => {
        const made = canonicalPath(text, STRICT)
        if (!('error' in made)) expect(pathSegments(text)).toEqual(made.segments)
      }),
      { numRuns: 2000 },
    )
  })

  it('never gets a dot segment, an empty segment or a separator past it, however often it is decoded', () => {
    fc.assert(
      fc.property(path, (text) => {
        const made = canonicalPath(text, STRICT)
        if ('error' in made) return
        let decoded = made.text
        for (let round = 0; round < 3; round++) {
          const segments = decoded.slice(1).split('/')
          expect(segments.length === 1 || !segments.slice(0, -1).includes('')).toBe(true)
          expect(segments.some((segment) => segment === '.' || segment === '..')).toBe(false)
          expect(decoded).not.toMatch(/[\\;\0]/)
          try {
            decoded = decodeURIComponent(decoded)
          } catch {
            return
          }
        }
      }),
      { numRuns: 2000 },
    )
  })
})
