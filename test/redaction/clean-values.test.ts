import { describe, expect, test } from 'vitest'
import type { Json } from '../../src/core/json.ts'
import { Secret } from '../../src/core/secret.ts'
import { createRedactor } from '../../src/redaction/redactor.ts'

const KEY = 'ghp_R4nd0mT0k3nV4lu3Qz8dWmL2pXyz0AbC9f'
const PIECES = KEY.match(/.{1,10}/g) ?? []

/** An answer that is long enough to be remembered, with these texts at its start and at its end. */
function answer(first: string, last = 'the end'): { [name: string]: Json } {
  const items = Array.from({ length: 60 }, (_, i) => ({
    id: i,
    title: `what was asked for, no. ${i}`,
  }))
  return { first, items, last }
}

function redactorWith(...values: readonly string[]) {
  const redactor = createRedactor()
  for (const [i, value] of values.entries()) redactor.register(new Secret(`k${i}`, value))
  return redactor
}

describe('a value in which nothing was found, inside another', () => {
  test('is the same afterwards, and so is what holds it', () => {
    const session = redactorWith(KEY).session()
    const body = answer('hello')
    expect(session.json(body)).toBe(body)
    const whole = { status: 200, body }
    expect(session.json(whole)).toBe(whole)
  })

  test('does not hide what stands beside it', () => {
    const session = redactorWith(KEY).session()
    const body = session.json(answer('hello'))
    expect(session.json({ before: `key ${KEY}`, body, after: [KEY] })).toEqual({
      before: 'key [secret k0]',
      body,
      after: ['[secret k0]'],
    })
  })

  test.each([
    ['first', KEY.slice(4, 11), KEY.slice(11, 18)],
    ['last', KEY.slice(11, 18), KEY.slice(4, 11)],
  ])('does not hide a run that it begins or ends with: %s', (side, outside, inside) => {
    const session = redactorWith(KEY).session()
    const body = session.json(side === 'first' ? answer(inside) : answer('hello', inside))
    expect(JSON.stringify(body)).toContain(inside)
    const whole = side === 'first' ? [outside, body] : [body, outside]
    expect(JSON.stringify(session.json(whole))).toContain('[part of a secret]')
  })

  test('counts with its pieces of a value: what would complete them goes', () => {
    const session = redactorWith(KEY).session()
    const body = session.json(answer(PIECES.slice(1).join(' and then '), 'the end'))
    expect(JSON.stringify(body)).toContain(PIECES[2])
    const shown = JSON.stringify(session.json({ header: PIECES[0] ?? '', body }))
    expect(shown).toContain('[secret k0]')
    expect(PIECES.every((piece) => shown.includes(piece))).toBe(false)
  })

  test('is searched again once another value is known', () => {
    const redactor = redactorWith(KEY)
    const other = 'xoxb-Another0ne-That-Comes-Later-42'
    const body = redactor.session().json(answer(other))
    redactor.register(new Secret('other', other))
    expect(JSON.stringify(redactor.session().json({ body }))).toContain('[secret other]')
  })

  test('cannot be changed into another one', () => {
    const body = answer('hello')
    redactorWith(KEY).session().json(body)
    expect(() => (body['items'] as Json[]).push(KEY)).toThrow(TypeError)
    expect(() => Object.assign(body, { first: KEY })).toThrow(TypeError)
  })

  test('may be a long text', () => {
    const session = redactorWith(KEY).session()
    const body = session.text(`${'a line of a log. '.repeat(200)}${KEY.slice(4, 11)}`)
    const whole = [body, 'nothing']
    expect(session.json(whole)).toBe(whole)
    expect(JSON.stringify(session.json([body, KEY.slice(11, 18)]))).toContain('[part of a')
  })
})

test('a text that says the same as what was let out still loses a value that is written across it', () => {
  const session = redactorWith('1,"b":2,"c":"x').session()
  const value = session.json({ a: 1, b: 2, c: 'x' })
  expect(session.sameText(JSON.stringify(value))).toBe('{"a":[secret k0]"}')
})
