import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { asBrokerError, BrokerError } from '../../src/core/errors.ts'

const VALUE = 'Wq7.Zt3-Xk9~Vp5_Rn2'

describe('a thrown thing', () => {
  test('of ours stays as it is', () => {
    const ours = new BrokerError('secret_denied', 'access is denied', { fix: 'ask for it' })
    expect(asBrokerError(ours)).toBe(ours)
    expect(ours).toMatchObject({
      code: 'secret_denied',
      message: 'access is denied',
      fix: 'ask for it',
    })
  })

  const library = Object.assign(new TypeError(`401 for ${VALUE}`), {
    request: { headers: { authorization: VALUE } },
  })
  test.each<[string, unknown, string]>([
    ['a library', library, 'TypeError'],
    ['nobody: text', VALUE, 'string'],
    ['nobody: an object', { message: VALUE }, 'object'],
    ['nobody: undefined', undefined, 'undefined'],
  ])('of %s keeps nothing but its kind', (_, thrown, kind) => {
    const error = asBrokerError(thrown)
    expect(error).toMatchObject({
      code: 'internal',
      message: `an unexpected ${kind} inside keyhand`,
    })
    expect(inspect(error, { showHidden: true, depth: null })).not.toContain(VALUE)
    expect(error.cause).toBeUndefined()
  })

  test('whose name was set to a value does not show that either', () => {
    const error = Object.assign(new Error('x'), { name: VALUE })
    expect(asBrokerError(error).message).not.toContain(VALUE)
  })
})
