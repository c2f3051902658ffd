import { expect, it } from 'vitest'
import { header } from '../../src/auth/header.ts'
import { applied, authSchemeContract, CANARY } from '../contract/auth-scheme.ts'
import { textLike } from '../support/text-like.ts'

const settings = { type: 'header', name: 'X-Api-Key', value: 'api_key' }

authSchemeContract(header, { settings, values: { api_key: CANARY } })

it('sends the value under the name that the catalog says, with a prefix where there is one', async () => {
  const plain = await applied(header, { settings, values: { api_key: CANARY } })
  expect(plain.request.headers.at(-1)).toEqual(['x-api-key', CANARY])
  const prefixed = await applied(header, {
    settings: { ...settings, name: 'Authorization', prefix: 'Token ' },
    values: { api_key: CANARY },
  })
  expect(prefixed.request.headers.at(-1)).toEqual(['authorization', `Token ${CANARY}`])
})

for (const name of [
  'Host',
  'content-length',
  'Transfer-Encoding',
  'connection',
  'Proxy-Authorization',
]) {
  it(`refuses ${name}, which belongs to the connection`, () => {
    const parsed = header.settings.safeParse({ ...settings, name })
    expect(parsed.error?.issues[0]?.message).toBe(
      'is a header of the connection: it cannot carry a secret',
    )
  })
}

it('refuses a name or a prefix that would be more than one header', () => {
  expect(header.settings.safeParse({ ...settings, name: 'x: 1\r\ny' }).success).toBe(false)
  expect(header.settings.safeParse({ ...settings, prefix: 'a\r\nb: ' }).success).toBe(false)
})

it('refuses a value with a line break', async () => {
  const failed = applied(header, { settings, values: { api_key: `${CANARY}\r\nhost: evil` } })
  await expect(failed).rejects.toMatchObject({
    code: 'secret_invalid',
    message: textLike('a line break'),
  })
})
