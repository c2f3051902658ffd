import { describe, expect, it } from 'vitest'
import { type Sandbox, sandbox, write } from '../support/command-line.ts'
import { expectTranscript } from '../support/golden.ts'

const CATALOG = `version: 1
secrets:
  shop_key: { provider: file, key: shop }
  ci_token: { provider: env, variable: CI_TOKEN }
tools:
  shop:
    type: http
    description: The shop
    base_url: https://shop.example/v1
    auth: { type: bearer, token: shop_key }
  plain:
    type: http
    base_url: https://plain.example
`

const SCOPE = `agent: cursor
expires: 2098-12-31
tools:
  shop:
    allow:
      - methods: [GET]
        paths: [/orders/**]
        query: { page: [ANY] }
      - methods: [POST]
        paths: [/orders]
        approval: human
        limit: 5/day
    deny:
      - paths: [/orders/secret]
    limit: 100/hour
  plain:
    allow: [{ methods: [ANY], paths: [/**] }]
`

const GUARDRAIL = `// no deletes, for nobody
forbid (principal, action == Action::"http:call", resource)
when { context.method == "DELETE" };
`

function home(files: Readonly<Record<string, string>> = {}): Sandbox {
  const box = sandbox()
  const all = {
    'keyhand.yaml': CATALOG,
    'agents/cursor.yaml': SCOPE,
    'policies/no-deletes.cedar': GUARDRAIL,
    ...files,
  }
  for (const [file, text] of Object.entries(all)) write(box, file, text)
  return box
}

describe('keyhand scope check', () => {
  it('finds nothing in right files but what is doubtful', async () => {
    await expectTranscript('scope-check', home(), [
      ['scope', 'check'],
      ['scope', 'check', '--json'],
    ])
  })

  it('says every mistake of every file with its place and what would be right, and ends with 3', async () => {
    const box = home({
      'keyhand.yaml': CATALOG.replace('base_url: https://plain', 'base_ur: https://plain'),
      'agents/codex.yaml':
        'agent: codex\ntools:\n  shopp:\n    allow: [{ methods: [GET], paths: [] }]\n',
      'agents/claude.yaml': 'agent: claud\ntools: {}\n',
      'agents/readme.txt': '',
      'policies/open.cedar': 'permit (principal, action, resource);\n',
      'policies/wrong.cedar':
        'forbid (principal, action, resource)\nwhen { context.verb == "x" };\n',
    })
    await expectTranscript('scope-check-mistakes', box, [
      ['scope', 'check'],
      ['scope', 'check', '--json'],
    ])
  })

  it('says what to do in a home without files', async () => {
    await expectTranscript('scope-check-empty', sandbox(), [['scope', 'check']])
  })

  it('checks guardrails also where no agent has a scope file', async () => {
    const box = sandbox()
    write(box, 'keyhand.yaml', CATALOG)
    write(box, 'policies/open.cedar', 'permit (principal, action, resource);\n')
    const { code, out } = await box.run(['scope', 'check'])
    expect(code).toBe(3)
    expect(out).toContain('policies/open.cedar:1:1 error: a guardrail may only forbid')
    expect(out).not.toContain('nobody')
  })

  it('lets no file write to the terminal', async () => {
    const hostile =
      'agent: cursor\ntools: {}\n"\\e]0;x\\a\\e[2J\\u202e\\nkeyhand.yaml:1:1 error: forged": 1\n'
    const { out, err } = await home({ 'agents/cursor.yaml': hostile }).run(['scope', 'check'])
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(out + err).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
    expect(out).not.toMatch(/^keyhand\.yaml:1:1 error: forged/m)
  })
})

describe('keyhand scope show', () => {
  it('says what an agent may do, what is not limited, what it takes, and which guardrails hold', async () => {
    await expectTranscript('scope-show', home(), [
      ['scope', 'show', 'cursor'],
      ['scope', 'show', 'cursor', '--json'],
    ])
  })

  it('says that a scope has ended', async () => {
    const box = home({ 'agents/cursor.yaml': SCOPE.replace('2098', '2001') })
    const { code, out } = await box.run(['scope', 'show', 'cursor'])
    expect(code).toBe(0)
    expect(out).toContain('ended 2002-01-01T00:00:00.000Z: every call is refused')
  })

  it('says what refuses every call of it', async () => {
    const box = home({
      'policies/wrong.cedar':
        'forbid (principal, action, resource) when { context.verb == "x" };\n',
    })
    const { code, out } = await box.run(['scope', 'show', 'cursor'])
    expect(code).toBe(3)
    expect(out).toContain('every call is refused: policies/wrong.cedar:1:')
  })

  it('ends with 1 for an agent without a scope file, and with 2 for what is no name', async () => {
    const box = home()
    expect(await box.run(['scope', 'show', 'codex'])).toMatchObject({
      code: 1,
      out: expect.stringContaining('the agent `codex` has no scope file') as unknown,
    })
    expect(await box.run(['scope', 'show', '../x'])).toMatchObject({ code: 2 })
  })

  it('lets no file make lines of its own', async () => {
    const catalog = CATALOG.replace(
      'The shop',
      '"The shop\\n  may        EVERYTHING\\e[31m\\u202e"',
    )
    const { out } = await home({ 'keyhand.yaml': catalog }).run(['scope', 'show', 'cursor'])
    expect(out).not.toMatch(/^ {2}may {8}EVERYTHING/m)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(out).not.toMatch(/[\u001b\u202e]/)
  })
})
