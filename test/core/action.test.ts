import { describe, expect, test } from 'vitest'
import { type Action, actionId, freezeAction } from '../../src/core/action.ts'

const action: Action = {
  v: 1,
  tool: 'api',
  type: 'http',
  verb: 'GET',
  target: 'https://api.example.com',
  path: '/a',
  facts: { method: 'GET', headers: ['accept'], path: { n: 1, f0: 'a' } },
  request: { method: 'GET', query: [['a', 'b']], body: null },
}

describe('the id of an action', () => {
  test('is 64 hex digits, and the same for the same action in another order', () => {
    const reordered = Object.fromEntries(Object.entries(action).reverse()) as unknown as Action
    expect(actionId(action)).toMatch(/^[0-9a-f]{64}$/)
    expect(actionId(reordered)).toBe(actionId(action))
  })

  test('never changes: trails and approvals hold it', () => {
    expect(actionId(action)).toMatchInlineSnapshot(
      `"273dfbd64250ba36a8ad4ac3359202c13447a8de14f1031d472990ec0cc39b29"`,
    )
  })

  test.each<[string, Partial<Action>]>([
    ['the tool', { tool: 'other' }],
    ['the verb', { verb: 'POST' }],
    ['the target', { target: 'https://api.example.com:8443' }],
    ['the path', { path: '/A' }],
    ['a fact', { facts: { ...action.facts, method: 'POST' } }],
    ['the order of what is sent', { request: { ...action.request, query: [['b', 'a']] } }],
    ['the body', { request: { ...action.request, body: '' } }],
  ])('is another where %s is another', (_, change) => {
    expect(actionId({ ...action, ...change })).not.toBe(actionId(action))
  })
})

test('a frozen action cannot be changed at any depth', () => {
  const frozen = freezeAction(structuredClone(action))
  const query = frozen.request['query'] as string[][]
  expect(() => Object.assign(frozen, { verb: 'DELETE' })).toThrow(TypeError)
  expect(() => Object.assign(frozen.facts, { method: 'DELETE' })).toThrow(TypeError)
  expect(() => query[0]?.push('more')).toThrow(TypeError)
  expect(() => query.push(['c', 'd'])).toThrow(TypeError)
  expect(actionId(frozen)).toBe(actionId(action))
})
