import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { decodeText } from '../../src/config/file-text.ts'
import { parseYaml } from '../../src/config/yaml-file.ts'
import { ruleSuggestion } from '../../src/core/rule-suggestion.ts'

describe('the suggestion of a rule', () => {
  it('is what an admin would write', () => {
    const rule = { methods: ['POST'], paths: ['/repos/acme/site/issues'] }
    expect(ruleSuggestion('claude-code', 'github', rule)).toBe(
      '# agents/claude-code.yaml\ntools:\n  github:\n    allow:\n      - methods: [POST]\n        paths: [/repos/acme/site/issues]\n',
    )
  })

  it.each([
    ['a second rule', '/x]\n      - methods: [ANY]\n        paths: [/**'],
    ['another key', '/x], approval: none'],
    ['a comment', '/x # ]'],
    ['an alias', '*'],
    ['a number', '0123456789'],
    ['a document', '/x\n---\nagent: other'],
    ['an end of the list', ']'],
    ['a turned line', '/\u202e/resu/'],
    ['a NUL', '/\0'],
    ['a line separator', '/a\u2028/b'],
    ['a byte order mark', '\ufeff/a'],
    ['a tag of the astral planes', '/a\u{e0041}'],
  ])('keeps a path that looks like %s as one text that can be seen', (_, path) => {
    const text = ruleSuggestion('a', 't', { paths: [path] })
    expect(parse(text)).toEqual({ tools: { t: { allow: [{ paths: [path] }] } } })
    expect(decodeText('f', Buffer.from(text))).toBe(text)
    expect(text.split('\n')).toHaveLength(6)
  })

  it('is always one that the loader reads back as the same rule', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 40 })
    const name = text.filter((word) => word !== '' && word !== '__proto__' && word !== '<<')
    fc.assert(
      fc.property(
        fc.array(text, { minLength: 1 }),
        fc.dictionary(name, fc.array(text, { minLength: 1 })),
        (paths, query) => {
          const rule = { paths, query: { ...query } }
          const { root, problems } = parseYaml('f', ruleSuggestion('a', 't', rule))
          expect(problems).toEqual([])
          expect(root?.value).toEqual({ tools: { t: { allow: [rule] } } })
        },
      ),
      { numRuns: 300 },
    )
  })
})
