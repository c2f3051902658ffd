import { expect, it } from 'vitest'
import { createAuthSchemes } from '../../../src/auth/index.ts'
import { createToolTypes } from '../../../src/tools/index.ts'
import { toolTypeContract } from '../../contract/tool-type.ts'
import { settingsOf, tool } from './samples.ts'

toolTypeContract(tool, {
  settings: {
    base_url: 'https://api.example.com/v1',
    auth: { type: 'bearer', token: 'api_token' },
  },
  rules: [
    { methods: ['GET', 'POST'], paths: ['/things/**', '/a-*'] },
    { methods: ['ANY'], paths: ['/**'], query: { page: ['1', '2'], q: ['ANY'] } },
  ],
  inputs: [
    { method: 'GET', path: '/' },
    { method: 'GET', path: '/things/1/' },
    { method: 'GET', path: '/things/1', query: { page: 1, q: ['a', true] } },
    {
      method: 'POST',
      path: '/things',
      body: { a: [1, null, 'x'] },
      headers: { 'X-Request-Id': '7' },
    },
    { method: 'POST', path: '/things', body: null },
    { method: 'PUT', path: '/a-b', body_text: 'x', max_bytes: 5, select: ['/a', ''] },
  ],
})

it('is the one tool type that there is, under its word', () => {
  const types = createToolTypes({ authSchemes: createAuthSchemes() })
  expect([...types.keys()]).toEqual(['http'])
})

it('names the secrets of its auth scheme, none without one', () => {
  expect(tool.secrets(settingsOf({ auth: { type: 'basic', login: 'both' } }))).toEqual(['both'])
  expect(tool.secrets(settingsOf())).toEqual([])
})
