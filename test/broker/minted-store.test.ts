import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { composeAgent } from '../../src/compose.ts'
import { randomLike } from '../minted/samples.ts'
import { fileHome, storedValue, write } from '../support/command-line.ts'

// The real parts from end to end: a real upstream, the encrypted file, the real catalog.
it('an agent uses by name what it just created, and never sees it', async () => {
  const minted = randomLike(40)
  const seen: string[] = []
  const server = createServer((request, response) => {
    seen.push(`${request.url} ${request.headers.authorization}`)
    response.setHeader('content-type', 'application/json')
    if (request.url === '/tokens') response.end(JSON.stringify({ id: 7, token: minted }))
    else
      response.end(
        JSON.stringify({
          you: request.headers.authorization,
          hex: Buffer.from(minted).toString('hex'),
        }),
      )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const box = await fileHome(`version: 1
secrets:
  api_key: { provider: file }
  deploy_key: { provider: file }
tools:
  tokens:
    type: http
    base_url: ${origin}
    auth: { type: bearer, token: api_key }
    minted: { store: deploy_key }
  deploy:
    type: http
    base_url: ${origin}
    auth: { type: bearer, token: deploy_key }
`)
  write(
    box,
    'agents/tester.yaml',
    `agent: tester
tools:
  tokens: { allow: [{ methods: [POST], paths: [/tokens] }] }
  deploy: { allow: [{ methods: [GET], paths: [/deploy] }] }
`,
  )
  expect(
    (await box.run(['secret', 'set', 'api_key'], { stdin: randomLike(32, undefined, 'api') })).code,
  ).toBe(0)
  const parts = composeAgent({ places: box, agent: 'tester', env: {} })
  onTestFinished(() => parts.close())
  const call = (tool: string, input: unknown) =>
    parts.broker.call({
      tool,
      input,
      client: null,
      era: '2026-07-28',
      signal: new AbortController().signal,
      progress: () => {},
    })

  const created = await call('tokens', {
    method: 'POST',
    path: '/tokens',
    body: { scope: 'deploy' },
  })
  expect(created).toMatchObject({
    kind: 'performed',
    result: { structured: { status: 200, body: { id: 7, token: '[secret deploy_key]' } } },
  })
  expect(await storedValue(box, 'file', 'deploy_key')).toBe(minted)

  const used = await call('deploy', { method: 'GET', path: '/deploy' })
  expect(seen.at(-1)).toBe(`/deploy Bearer ${minted}`)
  expect(used).toMatchObject({
    kind: 'performed',
    result: {
      structured: { body: { you: 'Bearer [secret deploy_key]', hex: '[secret deploy_key]' } },
    },
  })
  for (const answer of [created, used]) expect(JSON.stringify(answer)).not.toContain(minted)
  expect(box.everything()).not.toContain(minted)
  const outcomes = box.records().filter(({ kind }) => kind === 'outcome')
  expect(outcomes[0]?.['minted']).toEqual({ withheld: 0, stored: ['deploy_key'] })
})
