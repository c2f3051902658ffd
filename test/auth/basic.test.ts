import { expect, it } from 'vitest'
import { basic } from '../../src/auth/basic.ts'
import { applied, authSchemeContract, CANARY } from '../contract/auth-scheme.ts'
import { textLike } from '../support/text-like.ts'

const settings = { type: 'basic', username: 'ann@example.com', password: 'jira_token' }

authSchemeContract(basic, { settings, values: { jira_token: CANARY } })
authSchemeContract(basic, {
  settings: { type: 'basic', login: 'orders_login' },
  values: { 'orders_login.username': 'ann', 'orders_login.password': CANARY },
})

it('sends the pair in base64 and registers it, since an echo of it does not hold the password by itself', async () => {
  const { request, registered } = await applied(basic, { settings, values: { jira_token: CANARY } })
  const pair = `ann@example.com:${CANARY}`
  expect(request.headers.at(-1)).toEqual([
    'authorization',
    `Basic ${Buffer.from(pair).toString('base64')}`,
  ])
  expect(registered).toEqual([pair])
})

it('encodes the pair as UTF-8', async () => {
  const { request } = await applied(basic, { settings, values: { jira_token: 'pässwört' } })
  expect(request.headers.at(-1)?.[1]).toBe(
    `Basic ${Buffer.from('ann@example.com:pässwört', 'utf8').toString('base64')}`,
  )
})

for (const [what, wrong] of [
  ['both kinds', { ...settings, login: 'orders_login' }],
  ['neither', { type: 'basic' }],
  ['a user name alone', { type: 'basic', username: 'ann' }],
  ['a password alone', { type: 'basic', password: 'jira_token' }],
] as const) {
  it(`refuses ${what}`, () => {
    const parsed = basic.settings.safeParse(wrong)
    expect(parsed.error?.issues[0]?.message).toBe(
      'needs either `username` and `password`, or `login` alone',
    )
  })
}

it('refuses a user name with a colon, which would move the border of the pair', async () => {
  expect(basic.settings.safeParse({ ...settings, username: 'a:b' }).success).toBe(false)
  const login = {
    settings: { type: 'basic', login: 'l' },
    values: { 'l.username': 'a:b', 'l.password': CANARY },
  }
  await expect(applied(basic, login)).rejects.toMatchObject({
    code: 'secret_invalid',
    message: textLike('a colon in its user name'),
  })
})
