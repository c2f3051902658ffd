import { describe, expect, test } from 'vitest'
import { embeddedParts, isPublicField, secretParts } from '../../src/redaction/secret-part.ts'
import { shortestRun } from '../../src/redaction/spread-forms.ts'

describe('the secret part', () => {
  test.each([
    ['a GitHub token', 'ghp_R4nd0mT0k3nV4lu3', ['R4nd0mT0k3nV4lu3']],
    ['a fine-grained one', 'github_pat_11ABCDEFG0_xyz', ['11ABCDEFG0_xyz']],
    ['a Stripe key', 'sk_live_4eC39HqLyjWDarjtT1zdp7dc', ['4eC39HqLyjWDarjtT1zdp7dc']],
    ['a Slack token', 'xoxb-123456789012-210987654321-AbCdEfGh', ['AbCdEfGh']],
    ['an AWS key id', 'AKIAIOSFODNN7EXAMPLE', ['IOSFODNN7EXAMPLE']],
    ['an unknown issuer', 'acme_live_0123456789abcdefXYZ', ['0123456789abcdefXYZ']],
    ['a JWT', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln', ['eyJzdWIiOiIxIn0.c2ln']],
    ['a basic pair', 'admin:correcthorse', ['correcthorse']],
    ['a bot token', '123456789:AAF-abcdefghij', ['AAF-abcdefghij']],
    ['a DSN', 'postgres://orders:p%40ss@orders.internal/db', ['p%40ss', 'p@ss']],
    ['a DSN with a query', 'redis://cache.internal/0?password=pw1234', ['pw1234']],
    ['a connection string', 'Endpoint=sb://x/;SharedAccessKey=abc123=;Entity=y', ['abc123=']],
    ['a webhook', 'https://hooks.slack.com/services/T0/B0/XyZ123', ['XyZ123']],
    ['an address', 'https://orders.internal', []],
    ['a key', '-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----\n', ['MHcC']],
    ['anything else', 'correct horse', ['correct horse']],
  ])('of %s', (_, value, parts) => {
    expect(secretParts(value)).toEqual(parts)
  })

  test('is embedded only in what has more parts', () => {
    expect(embeddedParts('ghp_R4nd0mT0k3nV4lu3')).toEqual([])
    expect(embeddedParts('https://hooks.slack.com/services/T0/B0/XyZ123')).toEqual([])
  })

  test('is no field that says where or as whom', () => {
    expect(['username', 'Host', 'port'].map(isPublicField)).toEqual([true, true, true])
    expect(['password', 'value', 'token', null].map(isPublicField)).toEqual([
      false,
      false,
      false,
      false,
    ])
  })
})

describe('a run', () => {
  test.each([
    ['x'.repeat(7), null],
    ['x'.repeat(8), 8],
    ['x'.repeat(24), 8],
    ['x'.repeat(25), 9],
    ['x'.repeat(40), 14],
    ['a'.repeat(11), null],
    ['a'.repeat(32), 12],
    ['a'.repeat(64), 22],
  ])('of `%s` has at least %s characters', (part, least) => {
    expect(shortestRun(part)).toBe(least)
  })
})
