import { describe, expect, it } from 'vitest'
import { BrokerError } from '../../src/core/errors.ts'
import { type RefusalReason, refuse } from '../../src/core/refusal.ts'
import { answerCall } from '../../src/server/answer.ts'

const CALL = '01930000-0000-7000-8000-000000000001'

describe('the answer to a performed call', () => {
  it('is structured, says the same as text, and carries the id of the call', () => {
    const answer = answerCall('claude-code', performed({ status: 200, body: { a: 1 } }, false))
    const structuredContent = { status: 200, body: { a: 1 }, call: CALL }
    expect(answer).toEqual({
      content: [{ type: 'text', text: JSON.stringify(structuredContent) }],
      structuredContent,
      _meta: { 'keyhand/call': CALL },
    })
  })

  it('is an error where the upstream said that it failed', () => {
    expect(answerCall('claude-code', performed({ status: 404 }, true)).isError).toBe(true)
  })

  it('has its own id, whatever the upstream put in that place', () => {
    const answer = answerCall('claude-code', performed({ call: 'another' }, false))
    expect(answer.structuredContent).toEqual({ call: CALL })
  })

  function performed(
    structured: { [name: string]: string | number | { a: number } },
    failed: boolean,
  ) {
    const result = { structured, failed, status: 200, bytes: 0 }
    return { kind: 'performed', call: CALL, result } as const
  }
})

describe('the answer to a refused call', () => {
  it('says why, which rule was missing, and that a human must add it', () => {
    const suggestion = 'tools:\n  github:\n    allow:\n      - { methods: [GET], paths: [/user] }\n'
    const refusal = refuse('no_rule', 'no rule allows `GET /user`')
    const answer = answerCall('claude-code', { kind: 'refused', call: CALL, refusal, suggestion })
    expect(answer.isError).toBe(true)
    expect(answer.structuredContent).toBeUndefined()
    expect(answer.content).toEqual([
      {
        type: 'text',
        text: `refused by default, no rule allows it and nothing was performed (no_rule): no rule allows \`GET /user\`
the smallest rule that would allow exactly this call (a human must add this to agents/claude-code.yaml; nothing applies it by itself):
tools:
  github:
    allow:
      - { methods: [GET], paths: [/user] }
next: do what your scope allows (see keyhand_scope), or ask the human for the rule; calling again changes nothing
call: ${CALL} (a human finds it with: keyhand audit show ${CALL})`,
      },
    ])
  })

  const reasons: RefusalReason[] = [
    ...([
      'config_error',
      'no_scope',
      'expired',
      'unknown_tool',
      'invalid_input',
      'no_rule',
    ] as const),
    ...(['denied', 'policy_error', 'needs_approval', 'limit', 'input_holds_secret'] as const),
    ...(['probing', 'unavailable'] as const),
  ]

  it.each(reasons)('names the reason `%s`, its message, its fix and what to do next', (reason) => {
    const refusal = refuse(reason, 'a message', 'a fix')
    const answer = answerCall('a', { kind: 'refused', call: CALL, refusal, suggestion: null })
    expect(JSON.stringify(answer.content)).toMatch(
      new RegExp(`\\(${reason}\\): a message\\\\nfix: a fix\\\\nnext: .+\\\\ncall: ${CALL}`),
    )
  })
})

it('tells of a failure by code, message, fix and id, never by a stack', () => {
  const error = new BrokerError('secret_locked', 'the keychain is locked', { fix: 'unlock it' })
  const answer = answerCall('a', { kind: 'failed', call: CALL, error })
  expect(answer).toEqual({
    content: [
      {
        type: 'text',
        text: `failed (secret_locked): the keychain is locked\nfix: unlock it\ncall: ${CALL} (a human finds it with: keyhand audit show ${CALL})`,
      },
    ],
    isError: true,
    _meta: { 'keyhand/call': CALL },
  })
})
