import { expect, it } from 'vitest'
import { path } from '../../src/auth/path.ts'
import { applied, authSchemeContract, CANARY, REQUEST } from '../contract/auth-scheme.ts'
import { textLike } from '../support/text-like.ts'

const settings = { type: 'path', token: 'bot_token', prefix: '/bot{token}' }

authSchemeContract(path, { settings, values: { bot_token: CANARY } })

it('stands before the whole path; a token’s colon stays as Telegram wants it', async () => {
  const { request } = await applied(path, { settings, values: { bot_token: '123:ABC' } })
  expect(request.path).toBe('/bot123:ABC/v1/things')
})

it('adds nothing for a path of just a slash, so that a hook’s URL ends with its token', async () => {
  const hook = {
    settings: { ...settings, prefix: '/services/T0/{token}' },
    values: { bot_token: 'x1' },
  }
  const { request } = await applied(path, hook, { ...REQUEST, path: '/' })
  expect(request.path).toBe('/services/T0/x1')
})

it('escapes what would make another path of it, and registers that form', async () => {
  const { request, registered } = await applied(path, {
    settings,
    values: { bot_token: '../a b?c#d%2e' },
  })
  expect(request.path).toBe('/bot..%2Fa%20b%3Fc%23d%252e/v1/things')
  expect(registered).toEqual(['..%2Fa%20b%3Fc%23d%252e'])
})

for (const value of ['.', '..']) {
  it(`refuses the value ${value}, which is a step and not a name`, async () => {
    const failed = applied(path, {
      settings: { ...settings, prefix: '/{token}' },
      values: { bot_token: value },
    })
    await expect(failed).rejects.toMatchObject({
      code: 'secret_invalid',
      message: textLike('a path can carry'),
    })
  })
}

for (const prefix of [
  'bot{token}',
  '/bot',
  '/{token}/{token}',
  '//{token}',
  '/{token}/',
  '/../{token}',
  '/a?b={token}',
  '/{token}#',
  '/a b{token}',
  '/%2e/{token}',
]) {
  it(`refuses the prefix ${prefix}`, () => {
    expect(path.settings.safeParse({ ...settings, prefix }).success).toBe(false)
  })
}
