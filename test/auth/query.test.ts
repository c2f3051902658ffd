import { expect, it } from 'vitest'
import { query } from '../../src/auth/query.ts'
import { applied, authSchemeContract, CANARY } from '../contract/auth-scheme.ts'

const settings = { type: 'query', name: 'Api_Key', value: 'api_key' }

authSchemeContract(query, { settings, values: { api_key: CANARY } })

it('adds one parameter and registers its escaped form where that differs', async () => {
  const { request, registered } = await applied(query, { settings, values: { api_key: 'a+b/c=!' } })
  expect(request.query).toEqual([
    ['page', '2'],
    ['Api_Key', 'a+b/c=!'],
  ])
  expect(registered).toEqual(['a%2Bb%2Fc%3D%21'])
})
