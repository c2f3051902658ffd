import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pointed } from '../../../src/tools/http/json-pointer.ts'
import { parseLossless } from '../../../src/tools/http/lossless-json.ts'

describe('numbers that a double cannot hold become strings', () => {
  const table: readonly (readonly [string, unknown])[] = [
    ['1234567890123456789', '1234567890123456789'],
    ['-9007199254740993', '-9007199254740993'],
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', '9007199254740992'],
    ['1e3', 1000],
    ['1.50e2', 150],
    ['1e400', '1e400'],
    ['1e21', '1e21'],
    ['0.1', 0.1],
    ['1.10', 1.1],
    ['0.1234567890123456789', '0.1234567890123456789'],
    ['123456789012.123456789', '123456789012.123456789'],
    ['5e-324', 5e-324],
    ['1e-400', '1e-400'],
    ['0.00', 0],
  ]
  for (const [text, value] of table) {
    it(text, () => {
      expect(parseLossless(text)?.value).toBe(value)
      expect(parseLossless(`{"a":[${text}]}`)).toEqual({
        value: { a: [value] },
        asStrings: typeof value === 'string' ? 1 : 0,
      })
    })
  }
})

describe('what stays text', () => {
  const table = [
    '',
    '{',
    '{"a":1,}',
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":2}',
    '[{"x":{"b":1,"b":2}}]',
    '['.repeat(300) + ']'.repeat(300),
    'NaN',
  ]
  for (const text of table)
    it(JSON.stringify(text.slice(0, 30)), () => expect(parseLossless(text)).toBeNull())
  it('names may stand in several objects, and be values', () => {
    expect(parseLossless('[{"a":"a"},{"a":["a","a"],"b":{"a":1}}]')).not.toBeNull()
    expect(parseLossless('{"a\\"b":1,"{":"}","}":"a\\"b"}')).not.toBeNull()
  })
})

it('any JSON value without long numbers comes back as JSON.parse gives it', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      const text = JSON.stringify(value)
      const parsed = parseLossless(text)
      if (parsed?.asStrings === 0) expect(parsed.value).toEqual(JSON.parse(text))
    }),
  )
})

describe('a JSON Pointer', () => {
  // The document of RFC 6901, section 5.
  const document = {
    foo: ['bar', 'baz'],
    '': 0,
    'a/b': 1,
    'c%d': 2,
    'e^f': 3,
    'g|h': 4,
    'i\\j': 5,
    'k"l': 6,
    ' ': 7,
    'm~n': 8,
  }
  const table: readonly (readonly [string, unknown])[] = [
    ['', document],
    ['/foo', ['bar', 'baz']],
    ['/foo/0', 'bar'],
    ['/', 0],
    ['/a~1b', 1],
    ['/c%d', 2],
    ['/m~0n', 8],
    ['/foo/00', undefined],
    ['/foo/-', undefined],
    ['/foo/2', undefined],
    ['/foo/length', undefined],
    ['/toString', undefined],
    ['/__proto__', undefined],
    ['/foo/0/0', undefined],
  ]
  for (const [pointer, value] of table)
    it(JSON.stringify(pointer), () => expect(pointed(document, pointer)).toEqual(value))
})
