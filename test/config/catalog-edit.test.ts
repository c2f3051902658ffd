import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readCatalog } from '../../src/config/catalog.ts'
import { addSecret, removeSecret } from '../../src/config/catalog-edit.ts'
import type { BrokerError } from '../../src/core/errors.ts'
import { CATALOG } from '../support/config-home.ts'
import { fakeFamilies } from '../support/fake-families.ts'

const error = (message: string) =>
  expect.objectContaining({ code: 'config_invalid', message }) as BrokerError

describe('adding a secret', () => {
  it('makes a catalog of nothing', () => {
    const text = addSecret('', 'api_key', 'fake-chain', {})
    expect(text).toBe('version: 1\n\nsecrets:\n  api_key: { provider: fake-chain }\n')
    expect(readCatalog(text, fakeFamilies)).toMatchObject({ refusal: null, problems: [] })
  })

  it('puts it below the others, and keeps every other character', () => {
    const line = '  new_one: { provider: fake-vault, path: "0123" }\n'
    const text = addSecret(CATALOG, 'new_one', 'fake-vault', { path: '0123' })
    expect(text).toBe(CATALOG.replace('    watch: always\n', `    watch: always\n${line}`))
  })

  it.each([
    ['# only a comment\n', '# only a comment\nversion: 1\n\nsecrets:\n  n: { provider: p }\n'],
    ['version: 1', 'version: 1\n\nsecrets:\n  n: { provider: p }\n'],
    [
      'version: 1\nsecrets: {} # none\ntools: {a: [b]}\n',
      'version: 1\nsecrets:\n  n: { provider: p } # none\ntools: {a: [b]}\n',
    ],
    [
      'version: 1\nsecrets: # none\n  # a: { provider: p }\ntools: {}\n',
      'version: 1\nsecrets: # none\n  n: { provider: p }\n  # a: { provider: p }\ntools: {}\n',
    ],
    [
      'version: 1\nsecrets: {a: {provider: p}}\n',
      'version: 1\nsecrets: {a: {provider: p}, n: { provider: p }}\n',
    ],
    [
      'version: 1\nsecrets:\n    a: {provider: p} # why',
      'version: 1\nsecrets:\n    a: {provider: p} # why\n    n: { provider: p }\n',
    ],
    [
      'version: 1\r\nsecrets:\r\n  a: {provider: p}\r\n\r\ntools: {}\r\n',
      'version: 1\r\nsecrets:\r\n  a: {provider: p}\r\n  n: { provider: p }\r\n\r\ntools: {}\r\n',
    ],
  ])('in %j', (before, after) => {
    expect(addSecret(before, 'n', 'p', {})).toBe(after)
  })

  it('writes a long or nested reference as a block', () => {
    const text = addSecret('version: 1\nsecrets:\n  a: {provider: p}\n', 'n', 'p', {
      x: { y: ['1'] },
    })
    expect(text).toBe(
      'version: 1\nsecrets:\n  a: {provider: p}\n  n:\n    provider: p\n    x:\n      y:\n        - "1"\n',
    )
  })

  it.each([
    [CATALOG, 'login', 'the catalog has a secret `login` already'],
    ['version: 1\nsecrets: [\n', 'n', 'the catalog cannot be read as YAML'],
    ['- a\n', 'n', 'the catalog is not a map'],
    ['secrets: [a]\n', 'n', '`secrets` in the catalog is not a map'],
    ['', 'keyhand_x', 'that cannot be the name of a secret'],
    ['', 'x: {}\ntools', 'that cannot be the name of a secret'],
  ])('is refused: %j, %s', (text, name, message) => {
    expect(() => addSecret(text, name, 'p', {})).toThrow(error(message))
  })

  it('writes any reference as data, whatever it looks like to YAML', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 30 }), fc.string(), (value, other) => {
        const text = addSecret(CATALOG, 'n', 'p', { value, other })
        expect(parse(text)).toEqual({
          ...(parse(CATALOG) as object),
          secrets: {
            ...(parse(CATALOG) as { secrets: object }).secrets,
            n: { provider: 'p', value, other },
          },
        })
        expect(removeSecret(text, 'n')).toBe(CATALOG)
      }),
      { numRuns: 100 },
    )
  })
})

describe('removing a secret', () => {
  it('takes its lines and nothing else', () => {
    expect(removeSecret(CATALOG, 'login')).toBe(
      CATALOG.replace(
        '  login:\n    provider: fake-vault\n    path: kv/login\n    cache: 5m\n    watch: always\n',
        '',
      ),
    )
  })

  it('leaves a valid catalog behind when it was the last', () => {
    const text = removeSecret(
      'version: 1\nsecrets: # mine\n  a: { provider: fake-chain }\ntools: {a: [b]}\n',
      'a',
    )
    expect(text).toBe('version: 1\nsecrets: {} # mine\ntools: {a: [b]}\n')
  })

  it('is refused where there is none of that name', () => {
    expect(() => removeSecret(CATALOG, 'nothing')).toThrow(
      error('the catalog has no secret `nothing`'),
    )
    expect(() => removeSecret('', 'a')).toThrow(error('the catalog has no secret `a`'))
  })
})
