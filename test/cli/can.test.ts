import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Sandbox, sandbox, write } from '../support/command-line.ts'
import { expectTranscript } from '../support/golden.ts'

const CATALOG = `version: 1
secrets:
  shop_key: { provider: file }
tools:
  shop:
    type: http
    base_url: https://shop.example/v1
    auth: { type: bearer, token: shop_key }
  other:
    type: http
    base_url: https://other.example
`

const SCOPE = `agent: cursor
tools:
  shop:
    allow:
      - methods: [GET]
        paths: [/orders/**]
        query: { page: [ANY] }
        limit: 10/minute
      - methods: [POST]
        paths: [/orders]
        approval: human
    deny:
      - paths: [/orders/secret]
    limit: 100/hour
`

function home(): Sandbox {
  const box = sandbox()
  write(box, 'keyhand.yaml', CATALOG)
  write(box, 'agents/cursor.yaml', SCOPE)
  write(
    box,
    'policies/no-deletes.cedar',
    '// nobody deletes\nforbid (principal, action == Action::"http:call", resource)\nwhen { context.method == "DELETE" };\n',
  )
  return box
}

describe('keyhand can', () => {
  it('says yes or no, the rule, what it asks for, and the smallest rule that would allow it', async () => {
    const can = (...words: string[]) => ['can', 'cursor', ...words]
    await expectTranscript('can', home(), [
      can('shop', 'GET', '/orders/7', '--query', 'page=2'),
      can('shop', 'GET', '/orders/7', '--query', 'page=2', '--json'),
      can('shop', 'GET', '/orders/7', '--query', 'q=1'),
      can('shop', 'PUT', '/users/1'),
      can('shop', 'PUT', '/users/1', '--json'),
      can('shop', 'POST', '/orders'),
      can('shop', 'GET', '/Orders/SECRET/'),
      can('shop', 'GET', '/orders/secret'),
      can('shop', 'DELETE', '/orders/7'),
      can('other', 'GET', '/'),
      can('nothing', 'GET', '/'),
      can('shop', '--input', '{"method": "GET", "path": "/orders/1", "query": {"page": [1, 2]}}'),
    ])
  })

  it.each<[what: string, words: string[], message: RegExp]>([
    ['a call without a path', ['shop', 'GET'], /the call is missing/],
    ['a call in two ways', ['shop', 'GET', '/', '--input', '{}'], /does not go together/],
    ['an input that is no JSON', ['shop', '--input', '{'], /`--input` is not JSON/],
    ['a query without a value', ['shop', 'GET', '/', '--query', 'x'], /`--query` must be/],
  ])('ends with 2 for %s', async (_, words, message) => {
    const { code, err } = await home().run(['can', 'cursor', ...words])
    expect(code).toBe(2)
    expect(err).toMatch(message)
  })

  it.each([
    ['a path that is not canonical', ['/orders/../x']],
    ['a pattern where a path is asked for', ['/orders/*']],
    ['a query in the path', ['/orders?page=1']],
  ])('ends with 2 for %s, which it never repairs', async (_, [path = '']) => {
    const { code, out } = await home().run(['can', 'cursor', 'shop', 'GET', path])
    expect(code).toBe(2)
    expect(out).toContain('(invalid_input)')
    expect(out).not.toContain('The smallest rule')
  })

  it('ends with 3 where a file has a mistake, naming its place', async () => {
    const box = home()
    write(box, 'agents/cursor.yaml', SCOPE.replace('methods', 'method'))
    const { code, out } = await box.run(['can', 'cursor', 'shop', 'GET', '/orders'])
    expect(code).toBe(3)
    expect(out).toMatch(/agents\/cursor\.yaml:5:/)
  })

  it('ends with 1 for an agent that has no scope file', async () => {
    expect(await home().run(['can', 'codex', 'shop', 'GET', '/orders'])).toMatchObject({ code: 1 })
  })

  it('performs, counts and records nothing', async () => {
    const box = home()
    await box.run(['can', 'cursor', 'shop', 'GET', '/orders/7'])
    await box.run(['can', 'cursor', 'shop', 'DELETE', '/orders/7'])
    expect(() => readdirSync(box.state)).toThrow(/ENOENT/)
  })

  it('lets no word of the call write to the terminal', async () => {
    const box = home()
    const words = [
      'sh\u001b[2Jop',
      '--input',
      '{"method":"GET","path":"/a\\u001b[31m\\u202e\\nallowed  x"}',
    ]
    for (const tool of [words, ['shop', ...words.slice(1)]]) {
      const { out, err } = await box.run(['can', 'cursor', ...tool])
      expect(out + err).not.toMatch(/^allowed/m)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(out + err).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
    }
  })
})
