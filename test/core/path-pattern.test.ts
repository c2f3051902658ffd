import { describe, expect, test } from 'vitest'
import {
  foldSegments,
  matchesPath,
  overMatchingPath,
  PATH_FACTS,
  type PathPattern,
  parsePathPattern,
  pathFacts,
} from '../../src/core/path-pattern.ts'

function parsed(text: string): PathPattern {
  const pattern = parsePathPattern(text)
  if ('error' in pattern) throw new Error(pattern.error)
  return pattern
}

const segmentsOf = (path: string) => path.slice(1).split('/')

describe('a pattern', () => {
  test.each([
    ['/', ['/'], ['/a']],
    ['/a', ['/a'], ['/', '/a/', '/A', '/ab', '/a/b']],
    ['/a/', ['/a/'], ['/a', '/a/b']],
    ['/a/*', ['/a/b', '/a/%2F'], ['/a', '/a/', '/a/b/c']],
    [
      '/a/report-*.json',
      ['/a/report-.json', '/a/report-1.json'],
      ['/a/report-1.jsonx', '/a/report.json'],
    ],
    ['/*a*b', ['/ab', '/aab', '/xaxbxb'], ['/ba', '/abx']],
    ['/aba*aba', ['/abaaba', '/aba-aba'], ['/aba', '/ababa']],
    ['/a/**', ['/a', '/a/', '/a/b', '/a/b/c'], ['/', '/ab']],
    ['/**', ['/', '/a', '/a/b/'], []],
    ['/**/x', ['/x', '/a/x', '/a/b/x'], ['/', '/x/', '/ax']],
    ['/a/**/b/*', ['/a/b/c', '/a/x/y/b/c'], ['/a/b', '/a/b/', '/b/c']],
    ['/a/**/a', ['/a/a', '/a/b/a'], ['/a']],
    ['/%7Eme/%c3%a9', ['/~me/%C3%A9'], ['/%7Eme/%C3%A9']],
    ['/é b', ['/%C3%A9%20b'], ['/é b']],
  ])('%s means what it says', (text, yes, no) => {
    for (const path of yes) expect(matchesPath(parsed(text), segmentsOf(path)), path).toBe(true)
    for (const path of no) expect(matchesPath(parsed(text), segmentsOf(path)), path).toBe(false)
  })

  test.each([
    ['', '`` does not start with `/`', 'write `/`'],
    ['repos/*', '`repos/*` does not start with `/`', 'write `/repos/*`'],
    ['[**/x]', '`[**/x]` does not start with `/`', 'write `/[**/x]`'],
    [
      '/[**/x]',
      '`/[**/x]` has `**` inside a segment',
      'write `**` as a segment by itself, `/**`, or `*` for a part of one segment',
    ],
    [
      '/a**',
      '`/a**` has `**` inside a segment',
      'write `**` as a segment by itself, `/**`, or `*` for a part of one segment',
    ],
    [
      '/***',
      '`/***` has `**` inside a segment',
      'write `**` as a segment by itself, `/**`, or `*` for a part of one segment',
    ],
    ['/**/a/**', '`/**/a/**` has `**` twice', 'write two rules, each with one `**`'],
    ['/a/../b', '`/a/../b` has the segment `..`', 'write the path without it'],
    ['/a/%2e', '`/a/%2e` has the segment `.`', 'write the path without it'],
    ['/a/%252e%252e', '`/a/%252e%252e` has an escaped `.` or `..`', 'write the path without it'],
    ['//a', '`//a` has an empty segment', 'write one `/` between segments'],
    ['/a//', '`/a//` has an empty segment', 'write one `/` between segments'],
    ['/a\\b', '`/a\\b` has a backslash', 'write `/` between segments'],
    ['/a?b', '`/a?b` has a `?` or `#`', 'write the path alone'],
    ['/a#b', '`/a#b` has a `?` or `#`', 'write the path alone'],
    ['/a%2', '`/a%2` has an invalid escape', 'write a `%` itself as `%25`'],
    ['/a%*', '`/a%*` has an invalid escape', 'write a `%` itself as `%25`'],
    ['/a\nb', 'the path has a control character', 'write the path without it'],
    ['/a%0a', 'the path has a control character', 'write the path without it'],
    ['/e\u0301', '`/e\u0301` is not in Unicode normal form C', 'write `/\u00e9`'],
    ['/\ud800', 'the path has half of a surrogate pair', 'write whole characters'],
    [
      `/${'a/'.repeat(64)}a`,
      `\`/${'a/'.repeat(19)}a…\` has more than 64 segments`,
      'write at most 64 segments',
    ],
  ])('%j is refused', (text, error, fix) => {
    expect(parsePathPattern(text)).toEqual({ error, fix })
  })

  test('may have 64 segments', () => {
    const path = `/${Array(64).fill('a').join('/')}`
    expect(matchesPath(parsed(path), segmentsOf(path))).toBe(true)
  })

  test('takes no long time for a text made against it', () => {
    const pattern = parsed(`/${'a*'.repeat(200)}b`)
    expect(matchesPath(pattern, ['a'.repeat(100_000)])).toBe(false)
  })
})

describe('path facts', () => {
  test('count the segments from both ends', () => {
    expect(pathFacts(['a', 'b', ''])).toEqual({
      n: 3,
      f0: 'a',
      f1: 'b',
      f2: '',
      b0: '',
      b1: 'b',
      b2: 'a',
    })
  })

  test('of / are none, however it was split', () => {
    expect(pathFacts([])).toEqual({ n: 0 })
    expect(pathFacts([''])).toEqual({ n: 0 })
  })

  test('hold the first and last 64 of more, and nothing that the schema lacks', () => {
    const facts = pathFacts([...Array(100).keys()].map(String))
    expect(facts).toMatchObject({ n: 100, f0: '0', f63: '63', b0: '99', b63: '36' })
    expect(Object.keys(facts).toSorted()).toEqual(Object.keys(PATH_FACTS).toSorted())
  })
})

describe('folding', () => {
  test.each([
    ['/Repos/ACME', ['repos', 'acme']],
    ['/a/', ['a']],
    ['/a/b.../c. ./d;x=1;y', ['a', 'b', 'c', 'd']],
    ['/a/;x/.../b', ['a', 'b']],
    ['/%50ay%252572oll', ['payroll']],
    ['/%25%36%31/％41/%25EF%25BC%258541', ['a', 'a', 'a']],
    ['/ﬁle/ＡＢ/㏒', ['file', 'ab', 'log']],
    ['/stra%C3%9Fe/ΌΣΟΣ/%E2%84%AA', ['strasse', 'όσοσ', 'k']],
    ['/%FF%c3', ['%ff%c3']],
    ['/%ED%A0%80%F8%88', ['%ed%a0%80%f8%88']],
  ])('%s is %j', (path, folded) => {
    expect(foldSegments(segmentsOf(path))).toEqual({ kept: folded, split: folded })
  })

  test.each([
    ['/a%2Fb/c', ['a/b', 'c'], ['a', 'b', 'c']],
    ['/a%5Cb', ['a/b'], ['a', 'b']],
    ['/a%C0%AFb/%e0%80%af', ['a/b', '/'], ['a', 'b']],
    ['/a／b', ['a/b'], ['a', 'b']],
    ['/a/b%2F..%2f%2e%2Fc', ['a', 'b/.././c'], ['a', 'c']],
    ['/%2E%2E/a/%252e%252e/b', ['a', 'b'], ['b']],
    ['/a%2F', ['a/'], ['a']],
  ])('%s keeps its slashes as %j and splits there as %j', (path, kept, split) => {
    expect(foldSegments(segmentsOf(path))).toEqual({ kept, split })
  })

  test('ends, whatever the nesting', () => {
    const nested = `%${'25'.repeat(2_000)}41${'%2'}${'%3'.repeat(2_000)}5`
    expect(foldSegments([nested]).kept).toHaveLength(1)
  })
})

test('a deny of one name makes a condition without the exact path, which it implies', () => {
  const kept = ['folded', 'kept']
  expect(overMatchingPath(parsed('/A/%2E..b/**'), [kept])).toEqual({
    op: 'all',
    of: [
      { op: 'at_least', fact: [...kept, 'n'], value: 2 },
      { op: 'equals', fact: [...kept, 'f0'], value: 'a' },
      { op: 'equals', fact: [...kept, 'f1'], value: '...b' },
    ],
  })
})
