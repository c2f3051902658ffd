import { describe, expect, it, onTestFinished } from 'vitest'
import { JWT, PEM, randomLike } from '../../minted/samples.ts'
import { holdsRun, shown, upstream } from './upstream.ts'

const TOKEN = randomLike(40)
const SHOWN = '[withheld: looks like a token]'

async function answering(
  body: string | Buffer,
  headers: Record<string, string> = {},
  status = 200,
) {
  const server = await upstream((_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
  })
  onTestFinished(() => server.close())
  return `http://127.0.0.1:${server.port}`
}

describe('a credential that an upstream makes', () => {
  it('is withheld before anything is selected: its name is not asked for', async () => {
    const base = await answering(JSON.stringify({ data: { access_token: TOKEN, id: 7 } }))
    const answer = await shown(base, { select: ['/data/access_token', '/data/id'] })
    expect(answer).toMatchObject({ body: { '/data/access_token': SHOWN, '/data/id': 7 } })
    expect(JSON.stringify(answer['notes'])).toContain('a value is withheld: a token')
  })

  it.each([1, 10, 40, 60, 100, 150, 250])(
    'is withheld before a cut after %i bytes',
    async (max_bytes) => {
      const base = await answering(`the token is ${JWT} here`, { 'content-type': 'text/plain' })
      const { body } = await shown(base, { max_bytes })
      expect(holdsRun(JSON.stringify(body), JWT, 12)).toBe(false)
    },
  )

  it('is withheld in an error, in a stream of events and in a header', async () => {
    const failed = await answering(JSON.stringify({ session_token: TOKEN }), {}, 500)
    expect(await shown(failed, {})).toMatchObject({ status: 500, body: { session_token: SHOWN } })
    const events = await answering(`event: a\ndata: {"access_token":"${TOKEN}"}\n\n`, {
      'content-type': 'text/event-stream',
    })
    expect(await shown(events, {})).toMatchObject({
      body: `event: a\ndata: {"access_token":"${SHOWN}"}\n\n`,
    })
    const header = await answering('{}', { 'x-subject-token': TOKEN })
    const settings = { response_headers: ['x-subject-token'] }
    expect(await shown(header, {}, { settings })).toMatchObject({
      headers: { 'x-subject-token': SHOWN },
    })
  })

  it('in the address of a redirect is not shown, and not followed', async () => {
    const base = await answering('{}', { location: `/done?access_token=${TOKEN}` }, 302)
    const answer = await shown(base, {})
    expect(JSON.stringify(answer)).not.toContain(TOKEN)
    expect(answer['notes']).toContain('the redirect is not followed: its address holds a secret')
  })

  it('in a binary body leaves the body out', async () => {
    const base = await answering(Buffer.from(`\0\0${PEM}`), {
      'content-type': 'application/octet-stream',
    })
    const answer = await shown(base, { binary: true })
    expect(answer).not.toHaveProperty('body_base64')
    expect(answer['notes']).toContain(
      'the body holds what looks like a credential, and is left out',
    )
  })

  it('does not change an answer without one by a byte', async () => {
    const value = { id: '5f0c7a52-93f1-4b5e-8d1e-0a3c6a7e9b10', next_page_token: TOKEN, n: 1.5 }
    expect(await shown(await answering(JSON.stringify(value)), {})).toMatchObject({ body: value })
  })
})
