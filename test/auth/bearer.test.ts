import { expect, it } from 'vitest'
import { bearer } from '../../src/auth/bearer.ts'
import { applied, authSchemeContract, CANARY } from '../contract/auth-scheme.ts'
import { textLike } from '../support/text-like.ts'

const settings = { type: 'bearer', token: 'github_token' }

authSchemeContract(bearer, { settings, values: { github_token: CANARY } })

it('sends Authorization: Bearer', async () => {
  const { request } = await applied(bearer, { settings, values: { github_token: CANARY } })
  expect(request.headers.at(-1)).toEqual(['authorization', `Bearer ${CANARY}`])
})

for (const [what, value] of [
  ['a line break', `${CANARY}\nX-Evil: 1`],
  ['a line break at its end', `${CANARY}\n`],
  ['a carriage return', `${CANARY}\rX`],
  ['a space at its end', `${CANARY} `],
  ['NUL', `${CANARY}\0`],
  ['a letter beyond ASCII', `${CANARY}é`],
] as const) {
  it(`refuses a token with ${what}, and does not trim it`, async () => {
    const failed = await applied(bearer, { settings, values: { github_token: value } }).catch(
      (error: unknown) => error,
    )
    expect(failed).toMatchObject({
      code: 'secret_invalid',
      message: textLike('a character that a header cannot carry'),
      fix: 'set it again without that: keyhand secret set github_token',
    })
  })
}
