import { expect, it } from 'vitest'
import { createAuthSchemes } from '../../src/auth/index.ts'

it('has each scheme under its word', () => {
  const schemes = createAuthSchemes()
  expect([...schemes.keys()]).toEqual(['bearer', 'basic', 'header', 'query', 'path'])
  for (const [type, scheme] of schemes) expect(scheme.type).toBe(type)
})
