import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { AuditEvent } from '../../src/audit/audit-event.ts'
import { CALL_1, EVENTS, linesOf } from '../audit/sample-trail.ts'
import { type Sandbox, sandbox, write } from '../support/command-line.ts'
import { expectTranscript } from '../support/golden.ts'

const FILE = '20261123T174500000Z-4711-0badcafe.jsonl'
const CATALOG = `version: 1
tools:
  github: { type: http, base_url: "https://api.github.com" }
`

function trail(events: readonly AuditEvent[] = EVENTS.map(withoutOldFile)): Sandbox {
  const box = sandbox()
  write(box, 'keyhand.yaml', CATALOG)
  putTrail(box, FILE, linesOf(events))
  return box
}

function putTrail(box: Sandbox, file: string, lines: readonly string[]): void {
  const folder = join(box.state, 'audit')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(join(folder, file), lines.map((line) => `${line}\n`).join(''), { mode: 0o600 })
}

// The sample's first record names a file that is not there.
function withoutOldFile(event: AuditEvent): AuditEvent {
  return event.kind === 'open' ? { kind: 'open' } : event
}

const refused = (more: Partial<AuditEvent>): AuditEvent => ({
  kind: 'refused',
  call: '019ab1c2-0000-7000-8000-0000000000aa',
  agent: 'cursor',
  tool: 'github',
  verb: 'DELETE',
  target: 'https://api.github.com',
  path: '/user',
  decision: 'deny',
  reason: 'no_rule',
  ...more,
})

describe('keyhand audit show', () => {
  it('shows what happened, newest last', async () => {
    await expectTranscript('audit-show', trail(), [
      ['audit', 'show'],
      ['audit', 'show', '--denied'],
      ['audit', 'show', '--kind', 'config'],
      ['audit', 'show', '--limit', '2'],
      ['audit', 'show', '--agent', 'nobody'],
      ['audit', 'show', '--denied', '--json'],
    ])
  })

  it('shows all records of a call', async () => {
    await expectTranscript('audit-show-call', trail(), [
      ['audit', 'show', CALL_1],
      ['audit', 'show', CALL_1.slice(0, 8)],
      ['audit', 'show', '019ab1c2-9999'],
      ['audit', 'show', CALL_1, '--json'],
    ])
  })

  it('says that there is no trail yet', async () => {
    const box = sandbox()
    expect(await box.run(['audit', 'show'])).toMatchObject({
      code: 0,
      out: 'There is no trail yet: no call was made.\n',
    })
  })

  it('takes times as how long ago and as RFC 3339', async () => {
    const box = trail()
    const since = async (when: string) =>
      ((await box.json(['audit', 'show', '--since', when])).data as { entries: unknown[] }).entries
        .length
    expect(await since('2026-11-23T17:45:04Z')).toBe(3)
    expect(await since('2026-11-24T02:45:04+09:00')).toBe(3)
    expect(await since('2026-11-23')).toBe(5)
    expect(await since('2026-11-24')).toBe(0)
    expect(await since('9999w')).toBe(5)
    for (const wrong of ['yesterday', '1', '-1h', '2026-11-23T17:45', '2026-13-01']) {
      const { code, err } = await box.run(['audit', 'show', `--since=${wrong}`])
      expect(code).toBe(2)
      expect(err).toContain('`--since` must be a time or how long ago')
    }
  })

  it.each([
    ['--limit', '0', '`--limit` must be a number'],
    ['--kind', 'call', '`--kind` is not one that there is'],
  ])('ends with 2 for a wrong %s', async (option, value, message) => {
    const { code, err } = await trail().run(['audit', 'show', option, value])
    expect(code).toBe(2)
    expect(err).toContain(message)
  })

  it('takes no id that is not one', async () => {
    expect((await trail().run(['audit', 'show', '019ab'])).code).toBe(2)
    expect((await trail().run(['audit', 'show', '../../etc/passwd'])).code).toBe(2)
  })
})

describe('the smallest rule for a refused call', () => {
  const shown = async (...events: AuditEvent[]) =>
    (await trail(events).run(['audit', 'show', '--denied'])).out

  it('is that of the call', async () => {
    expect(await shown(refused({}))).toContain(
      '    # agents/cursor.yaml\n    tools:\n      github:\n        allow:\n          - methods: [DELETE]\n            paths: [/user]\n',
    )
  })

  it('is said once for the same call again', async () => {
    const out = await shown(refused({}), refused({ call: '019ab1c2-0000-7000-8000-0000000000ab' }))
    expect(out.match(/paths: /g)).toHaveLength(1)
    expect(out).toContain('the same rule as for 019ab1c2-0000-7000')
  })

  it.each<[what: string, more: Partial<AuditEvent>, why: RegExp]>([
    ['a path that is masked', { path: '/bot/hmac:0123456789ab/x' }, /a part of its path is masked/],
    ['a path that would be a pattern', { path: '/**' }, /not of one call/],
    ['a method that would be all of them', { verb: 'ANY' }, /not of one call/],
    ['an agent that is no name', { agent: 'x\n# agents/y.yaml' }, /does not say enough/],
    ['a tool that is not in the catalog', { tool: 'gone' }, /not in the catalog now/],
    [
      'a call that a rule denied',
      { reason: 'denied', rules: ['agents/cursor.yaml:9:9'] },
      /denied by agents/,
    ],
    ['an ended scope', { reason: 'expired' }, /had expired/],
  ])('is not made of %s', async (_, more, why) => {
    const out = await shown(refused(more))
    expect(out).toMatch(why)
    expect(out).not.toContain('allow:')
  })

  it('is not offered for what an upstream redirected to', async () => {
    const begun: AuditEvent = {
      kind: 'intent',
      call: refused({}).call ?? '',
      agent: 'cursor',
      tool: 'github',
      action: 'a'.repeat(64),
      attempt: 1,
    }
    const out = await shown(begun, { ...begun, kind: 'outcome', status: 302 }, refused({}))
    expect(out).toContain('the upstream redirected there')
    expect(out).not.toContain('allow:')
  })
})

describe('text in a record', () => {
  const hostile = 'a\u001b[2J\u001b]0;title\u0007\u202e\u009b31m\u2028\r\nb'
  const box = () =>
    trail([
      refused({ agent: hostile, tool: hostile, verb: hostile, target: hostile, path: hostile }),
      { kind: 'admin', reason: hostile, change: { [hostile]: hostile, file: hostile } },
      { kind: 'config', agent: hostile, change: { file: hostile } },
      refused({ reason: hostile, rules: [hostile], client: { name: hostile, version: hostile } }),
    ])

  it.each([
    ['show', ['audit', 'show']],
    ['show --denied', ['audit', 'show', '--denied']],
    ['show ID', ['audit', 'show', '019ab1c2']],
    ['tail', ['audit', 'tail']],
    ['verify', ['audit', 'verify']],
    ['show --json', ['audit', 'show', '--json']],
  ])('moves no cursor and makes no line of its own in %s', async (_, argv) => {
    const { out, err } = await box().run(argv)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(out + err).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e]/)
    expect(out).not.toMatch(/^b/m)
    expect(out).not.toBe('')
  })

  it('stops no command, whatever its type', async () => {
    const odd = { ...refused({}), rules: 5, error: null, change: null, redactions: 'x', status: {} }
    const strange = {
      kind: 'outcome',
      call: 'x',
      error: null,
      redactions: null,
    } as unknown as AuditEvent
    const box = trail([odd as unknown as AuditEvent, strange])
    for (const argv of [['show'], ['show', '--denied'], ['tail'], ['show', '019ab1c2']]) {
      expect(await box.run(['audit', ...argv])).toMatchObject({ code: 0, err: '' })
    }
  })
})

describe('keyhand audit tail', () => {
  it('shows the newest records, one a line', async () => {
    await expectTranscript('audit-tail', trail(), [
      ['audit', 'tail'],
      ['audit', 'tail', '--limit', '2', '--agent', 'claude-code'],
      ['audit', 'tail', '--limit', '1', '--json'],
    ])
  })
})

describe('keyhand audit verify', () => {
  it('says that a trail is whole, and always what it cannot find', async () => {
    await expectTranscript('audit-verify', trail(), [
      ['audit', 'verify'],
      ['audit', 'verify', '--json'],
    ])
  })

  it('ends with 1 for an edited record, and says where', async () => {
    const box = trail()
    const lines = linesOf(EVENTS.map(withoutOldFile))
    putTrail(
      box,
      FILE,
      lines.map((line) => line.replace('DELETE', 'GET')),
    )
    await expectTranscript('audit-verify-edited', box, [['audit', 'verify']])
  })

  it('ends with 1 for a file that is missing', async () => {
    const box = trail(EVENTS)
    const { code, out } = await box.run(['audit', 'verify'])
    expect(code).toBe(1)
    expect(out).toContain('20261122T080000000Z-17-0badcafe.jsonl problem: the file is missing')
    expect(out).toContain('NOT verified: 1 problem')
  })

  it('makes no state.db by looking', async () => {
    const box = sandbox()
    expect(await box.run(['audit', 'verify'])).toMatchObject({ code: 0 })
    expect(box.everything()).toBe('')
  })
})
