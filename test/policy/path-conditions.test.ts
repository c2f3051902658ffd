import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Condition } from '../../src/core/condition.ts'
import {
  exactPath,
  matchesPath,
  overMatchingPath,
  type PathPattern,
  parsePathPattern,
} from '../../src/core/path-pattern.ts'
import { pathSegments } from '../../src/core/path-text.ts'
import { createPolicyEngine } from '../../src/policy/policy-engine.ts'
import type { Slice } from '../../src/policy/slice.ts'
import { ALWAYS, FACTS, rule, slice, webAction } from './policy-samples.ts'

const engine = createPolicyEngine({ facts: FACTS })
const VIEWS = [
  ['folded', 'kept'],
  ['folded', 'split'],
]

function parsed(text: string): PathPattern {
  const pattern = parsePathPattern(text)
  if ('error' in pattern) throw new Error(`${text}: ${pattern.error}`)
  return pattern
}

/** As a request's path is read: its canonical segments, `/` as one empty segment. */
function canonical(path: string): readonly string[] {
  const segments = pathSegments(path)
  if ('error' in segments) throw new Error(`${path}: ${segments.error}`)
  return segments
}

function asking(condition: Condition): Slice {
  return slice([rule(1, 'allow', condition)])
}

async function holds(asked: Slice, path: string): Promise<boolean> {
  const decision = await engine.decide(webAction('GET', canonical(path)), asked, 0)
  expect(decision.detail).toBeNull()
  return decision.effect === 'allow'
}

const exact = (text: string) => asking(exactPath(parsed(text), ['path']))
const over = (text: string) => asking(overMatchingPath(parsed(text), VIEWS))

const quoteRegExp = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')

// What a pattern means, written anew: a regular expression over `/a/b`, where `/` is the empty text.
function meaning(pattern: readonly string[]): RegExp {
  const parts = pattern.map((segment) => {
    if (segment === '**') return '(?:/[^/]*)*'
    if (segment === '*') return '/[^/]+'
    return `/${segment.split('*').map(quoteRegExp).join('[^/]*')}`
  })
  return new RegExp(`^${parts.join('')}$`, 'su')
}

const means = (pattern: string, path: string) =>
  meaning(canonical(pattern)).test(
    canonical(path)
      .map((segment) => `/${segment}`)
      .join(''),
  )

// What folding means, for what these tests generate: the platform's own decoding, case and normal form.
function fold(text: string): string {
  const next = text
    .replace(/(?:%[0-9a-f]{2})+/gi, decodeURIComponent)
    .normalize('NFKC')
    .toUpperCase()
    .toLowerCase()
  return next === text ? text : fold(next)
}

const trim = (text: string) => text.replace(/;.*$/su, '').replace(/[. ]+$/u, '')

function overMeans(pattern: string, path: string): boolean {
  if (means(pattern, path)) return true
  const folded = canonical(path).map(fold)
  const kept = folded.map(trim).filter((text) => text !== '')
  const split = folded
    .flatMap((text) => text.split('/'))
    .map(trim)
    .filter((text) => text !== '')
  const wanted = canonical(pattern).map((text) => (text === '**' ? text : fold(text)))
  const forms = [wanted.map(trim), wanted.flatMap((text) => text.split('/')).map(trim)]
  return forms.some((form) => {
    // A decoded slash stands inside a segment here, so another separator is needed.
    const swap = (text: string) => text.replaceAll('/', '\u0001')
    const expression = meaning(form.filter((text) => text !== '').map(swap))
    return [kept, split].some((view) =>
      expression.test(view.map((text) => `/${swap(text)}`).join('')),
    )
  })
}

const WORDS = [
  'a',
  'A',
  'b',
  'ab',
  'é',
  'É',
  'ß',
  'SS',
  '-',
  '%2F',
  'a%2Fb',
  '%3B',
  ';x',
  '.x',
  'x.',
  '%25',
  '~',
  'ﬁ',
  '%2A',
]
const word = fc
  .array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 2 })
  .map((words) => words.join(''))
const plainWord = fc
  .array(fc.constantFrom('a', 'A', 'b', 'é', 'ß', '-', '%2F', 'x'), { minLength: 1, maxLength: 3 })
  .map((words) => words.join(''))
const segment = (of: fc.Arbitrary<string>) =>
  fc.oneof(
    { weight: 3, arbitrary: of },
    { weight: 1, arbitrary: fc.constant('*') },
    { weight: 1, arbitrary: fc.tuple(of, of).map(([a, b]) => `${a}*${b}`) },
    { weight: 1, arbitrary: of.map((text) => `${text}*`) },
    { weight: 1, arbitrary: of.map((text) => `*${text}`) },
  )

function patternOf(of: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const segments = fc.array(segment(of), { maxLength: 3 })
  return fc
    .tuple(segments, fc.boolean(), segments, fc.boolean())
    .map(
      ([front, gap, back, slash]) =>
        `/${[...front, ...(gap ? ['**'] : []), ...back].join('/')}${slash && front.length + back.length > 0 ? '/' : ''}`,
    )
    .filter((text) => !('error' in parsePathPattern(text)))
}

function pathOf(of: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(fc.array(of, { maxLength: 5 }), fc.boolean())
    .map(([segments, slash]) => `/${segments.join('/')}${slash && segments.length > 0 ? '/' : ''}`)
    .filter((text) => !('error' in pathSegments(text)))
}

/** A path that a pattern means: its `*` and `**` filled in. */
function pathFor(pattern: string, of: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const fill = pattern
    .slice(1)
    .split('/')
    .map((text) => {
      if (text === '**') return fc.array(of, { maxLength: 3 })
      const pieces = text.split('*')
      const filled = fc.tuple(
        ...pieces.map((piece, index) =>
          index === 0 ? fc.constant(piece) : of.map((x) => x + piece),
        ),
      )
      return filled.map((parts) => [parts.join('')])
    })
  return fc.tuple(...fill).map((segments) => `/${segments.flat().join('/')}`)
}

const encoder = new TextEncoder()
const encode = (text: string) =>
  [...encoder.encode(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')

/** Another way to write a path, which an upstream may take for it. */
function variantOf(path: string): fc.Arbitrary<string> {
  const parts = path.match(/%[0-9a-f]{2}|\/|[^%/]/giu) ?? []
  const written = parts.map((part) => {
    if (part === '/' || part.startsWith('%')) return fc.constant(part)
    return fc.constantFrom(
      part,
      part.toLowerCase(),
      part.toUpperCase(),
      encode(part),
      encode(encode(part)),
    )
  })
  const tail = fc.constantFrom('', '', '/', '.', '..', ';v=1', ';', '%20', '%3Bx')
  return fc
    .tuple(fc.tuple(...written), tail)
    .map(([text, end]) => text.join('') + (path.endsWith('/') ? '' : end))
}

const RUNS = { numRuns: 250 }

describe('an exact path', () => {
  test('decided by Cedar is what the pattern means, for any pattern and path', async () => {
    const pair = patternOf(word).chain((pattern) =>
      fc.tuple(fc.constant(pattern), fc.oneof(pathFor(pattern, word), pathOf(word))),
    )
    let matched = 0
    await fc.assert(
      fc.asyncProperty(pair, async ([pattern, path]) => {
        fc.pre(!('error' in pathSegments(path)))
        const expected = means(pattern, path)
        if (expected) matched++
        expect(await holds(exact(pattern), path)).toBe(expected)
        expect(matchesPath(parsed(pattern), canonical(path))).toBe(expected)
      }),
      RUNS,
    )
    expect(matched).toBeGreaterThan(50)
  })

  test('is counted from both ends up to 64 segments', async () => {
    const long = `/${Array(62).fill('x').join('/')}`
    expect(await holds(exact('/a/**/b'), `/a${long}/b`)).toBe(true)
    expect(await holds(exact('/a/**/b'), `/b${long}/a`)).toBe(false)
    expect(await holds(exact(`/a${long}/b`), `/a${long}/b`)).toBe(true)
  })
})

describe('an over-matching path', () => {
  test('decided by Cedar is what folding means, for any pattern and path', async () => {
    const pair = patternOf(plainWord).chain((pattern) =>
      fc.tuple(
        fc.constant(pattern),
        fc.oneof(pathFor(pattern, plainWord).chain(variantOf), pathOf(plainWord)),
      ),
    )
    let folded = 0
    await fc.assert(
      fc.asyncProperty(pair, async ([pattern, path]) => {
        fc.pre(!('error' in pathSegments(path)))
        const expected = overMeans(pattern, path)
        if (expected && !means(pattern, path)) folded++
        expect(await holds(over(pattern), path)).toBe(expected)
      }),
      RUNS,
    )
    expect(folded).toBeGreaterThan(20)
  })

  test('matches whatever the exact one matches', async () => {
    const pair = patternOf(word).chain((pattern) =>
      fc.tuple(fc.constant(pattern), pathFor(pattern, word)),
    )
    await fc.assert(
      fc.asyncProperty(pair, async ([pattern, path]) => {
        fc.pre(!('error' in pathSegments(path)) && means(pattern, path))
        expect(await holds(over(pattern), path)).toBe(true)
      }),
      RUNS,
    )
  })

  test('matches every other way to write such a path: case, escapes, trailing characters', async () => {
    const pair = patternOf(plainWord)
      .chain((pattern) => fc.tuple(fc.constant(pattern), pathFor(pattern, plainWord)))
      .filter(([pattern, path]) => !('error' in pathSegments(path)) && means(pattern, path))
      .chain(([pattern, path]) =>
        fc.tuple(fc.constant(pattern), fc.constant(path), variantOf(path)),
      )
    await fc.assert(
      fc.asyncProperty(pair, async ([pattern, , variant]) => {
        fc.pre(!('error' in pathSegments(variant)))
        expect(await holds(over(pattern), variant)).toBe(true)
      }),
      RUNS,
    )
  })

  test.each([
    [
      '/repos/acme/payroll',
      [
        '/repos/acme/PAYROLL',
        '/repos/acme/payroll/',
        '/repos/acme/p%61yroll',
        '/repos/acme/p%2561yroll',
        '/repos/acme/payroll.',
        '/repos/acme/payroll;v=1',
        '/repos/acme/payroll%3Bv',
        '/repos/acme%2Fpayroll',
        '/repos/x%2F..%2Facme/payroll',
        '/repos%5Cacme/payroll',
        '/repos/acme/ｐayroll',
        '/repos/acme/payroll%20',
        '/repos%C0%AFacme/payroll',
      ],
      ['/repos/acme/payrolls', '/repos/acme', '/repos/acme/payroll/x'],
    ],
    [
      '/repos/acme/PayRoll/**',
      ['/repos/acme/payroll', '/REPOS/acme/payroll/x/y', '/repos/acme/payroll%2Fx'],
      ['/repos/acme/pay/roll'],
    ],
    ['/a%2Fb/c', ['/a/b/c', '/A%2fb/c', '/a%252Fb/c'], ['/a/c']],
    ['/**/admin', ['/x/ADMIN/', '/x%2Fadmin', '/admin;x'], ['/administrator', '/admin/x']],
    [
      '/files/report.*',
      ['/files/REPORT.txt', '/files/report.', '/files/REPORT.'],
      ['/files/report-public'],
    ],
    [
      '/files/*.PEM',
      ['/files/key.pem', '/files/.pem', '/files/key.pem.', '/files/key.pem;x'],
      ['/files/key.pub'],
    ],
    ['/files/*41', ['/files/%2541', '/files/x41'], ['/files/a']],
  ])('of %s is not got around', async (pattern, yes, no) => {
    const denied = slice([
      rule(1, 'allow', ALWAYS),
      rule(2, 'deny', overMatchingPath(parsed(pattern), VIEWS)),
    ])
    for (const path of yes) expect(await holds(denied, path), path).toBe(false)
    for (const path of no) expect(await holds(denied, path), path).toBe(true)
  })
})
