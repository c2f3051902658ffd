import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readCatalog } from '../../src/config/catalog.ts'
import { decodeText } from '../../src/config/file-text.ts'
import { problemText } from '../../src/config/problem.ts'
import { readScope } from '../../src/config/scope.ts'
import { parseYaml } from '../../src/config/yaml-file.ts'
import { isRefusal } from '../../src/core/refusal.ts'
import { CATALOG, SCOPE } from '../support/config-home.ts'
import { fakeFamilies } from '../support/fake-families.ts'

const said = (text: string) =>
  parseYaml('f.yaml', text).problems.map(({ problem }) => problemText(problem))
const decoded = (bytes: Uint8Array) => {
  const text = decodeText('f.yaml', bytes)
  return typeof text === 'string' ? text : problemText(text)
}

describe('bytes of a file', () => {
  it('may start with a byte order mark and end lines with CR LF', () => {
    const text = decodeText('f.yaml', Buffer.from(`\ufeff${CATALOG.replaceAll('\n', '\r\n')}`))
    expect(readCatalog(typeof text === 'string' ? text : '', fakeFamilies)).toMatchObject({
      refusal: null,
      problems: [],
    })
  })

  it.each([
    [
      'UTF-16',
      Buffer.from('\ufeffa: 1', 'utf16le'),
      'f.yaml:1:1 the file is UTF-16; save it as UTF-8',
    ],
    [
      'Latin-1',
      Buffer.from('a: 1\nb: caf\u00e9\n', 'latin1'),
      'f.yaml:2:7 this is not UTF-8; save the file as UTF-8',
    ],
    [
      'NUL',
      Buffer.from('a: 1\nb: x\0'),
      'f.yaml:2:5 the invisible character U+0000 is here; remove it: a file must say what it shows',
    ],
    [
      'a turned line',
      Buffer.from('a: /x\u202e\n'),
      'f.yaml:1:6 the invisible character U+202E is here; remove it: a file must say what it shows',
    ],
    [
      'a zero-width space in a deny',
      Buffer.from('- /adm\u200bin\n'),
      'f.yaml:1:7 the invisible character U+200B is here; remove it: a file must say what it shows',
    ],
    [
      'a line separator',
      Buffer.from('# x\u2028a: 1\n'),
      'f.yaml:1:4 the invisible character U+2028 is here; remove it: a file must say what it shows',
    ],
  ])('are refused: %s', (_, bytes, problem) => {
    expect(decoded(bytes)).toBe(problem)
  })
})

describe('sizes', () => {
  it.each([
    ['brackets', '['.repeat(100_000)],
    ['list items on a line', '- '.repeat(50_000)],
    ['depth', `${'{a: '.repeat(30)}1${'}'.repeat(30)}`],
  ])('refuses what is nested without end: %s', (_, text) => {
    const { root, problems } = parseYaml('f.yaml', text)
    expect(root).toBeNull()
    expect(problems).toHaveLength(1)
  })

  it('refuses more values than any file of ours has', () => {
    expect(said('- a\n'.repeat(20_001))).toEqual([
      'f.yaml:1:1 the file has more than 20000 values; make it smaller',
    ])
  })

  it('refuses a text longer than any of ours', () => {
    expect(said(`a: ${'x'.repeat(65_537)}`)).toEqual([
      'f.yaml:1:4 this text is longer than 65536 characters',
    ])
  })
})

describe('whatever stands in a file', () => {
  const piece = fc.constantFrom(
    ...[
      '- ',
      ': ',
      '{',
      '}',
      '[',
      ']',
      ',',
      '\n',
      '\n  ',
      '\n    ',
      '&a ',
      '*a ',
      '*',
      '!!str ',
      '!x ',
      '<<',
      '"',
      "'",
      '| ',
      '> ',
    ],
    ...[
      '# ',
      '? ',
      '%YAML 1.1',
      '---',
      '...',
      '\t',
      '\r\n',
      '~',
      'null',
      'true',
      '0123',
      '1e999',
      '.nan',
      '@',
      '`',
      '\\',
      '\ud800',
    ],
    ...[
      'agent',
      'tools',
      'github',
      'allow',
      'deny',
      'methods',
      'paths',
      'version',
      'secrets',
      'provider',
      'fake-chain',
      'fake-api',
      'type',
    ],
    ...[
      '__proto__',
      'constructor',
      'toString',
      'limit',
      '5/hour',
      'expires',
      '2027-01-01',
      'hasOwnProperty',
      'length',
    ],
  )
  const soup = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(''))
  const mutated = (text: string) =>
    fc
      .array(
        fc.tuple(fc.nat(text.length), fc.nat(12), fc.oneof(piece, fc.string({ maxLength: 4 }))),
        { minLength: 1, maxLength: 4 },
      )
      .map((edits) =>
        edits.reduce((now, [at, drop, put]) => now.slice(0, at) + put + now.slice(at + drop), text),
      )

  const base = readCatalog(CATALOG, fakeFamilies)
  const holds = (text: string) => {
    const catalog = readCatalog(text, fakeFamilies)
    for (const [under, result] of [
      [catalog, readScope('claude-code', SCOPE, catalog, fakeFamilies)],
      [base, readScope('claude-code', text, base, fakeFamilies)],
    ] as const) {
      const errors = result.problems.filter(({ severity }) => severity === 'error')
      expect(isRefusal(result.scope)).toBe(errors.length > 0)
      const lines = text.split('\n').length + SCOPE.split('\n').length
      for (const { position } of [...under.problems, ...result.problems]) {
        expect(position.line).toBeGreaterThanOrEqual(1)
        expect(position.line).toBeLessThanOrEqual(lines)
      }
    }
  }

  it('is read or refused, never thrown at: any text', () => {
    fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), soup), holds), {
      numRuns: 500,
    })
  })

  it('is read or refused, never thrown at: a scope file with edits', () => {
    fc.assert(fc.property(mutated(SCOPE), holds), { numRuns: 300 })
  })

  it('is read or refused, never thrown at: a catalog with edits', () => {
    fc.assert(fc.property(mutated(CATALOG), holds), { numRuns: 300 })
  })

  it('is read or refused, never thrown at: any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const text = decodeText('f.yaml', bytes)
        if (typeof text === 'string') holds(text)
      }),
    )
  })

  it('gives objects their own keys only', () => {
    const { root, problems } = parseYaml(
      'f.yaml',
      'a:\n  __proto__: { polluted: true }\n  constructor: x\n',
    )
    expect(problems.map(({ problem }) => problemText(problem))).toEqual([
      'f.yaml:2:3 this key is not allowed; remove it',
    ])
    expect(root?.value).toEqual({ a: { constructor: 'x' } })
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })
})
