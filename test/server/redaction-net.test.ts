import type { JSONRPCMessage } from '@modelcontextprotocol/server'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isJsonObject } from '../../src/core/json.ts'
import { Secret } from '../../src/core/secret.ts'
import { createRedactor } from '../../src/redaction/redactor.ts'
import { answerStructured } from '../../src/server/answer.ts'
import { redactMessage } from '../../src/server/redact-message.ts'
import { fakeTool } from '../support/fake-broker.ts'

const KEY = 'Zq7-canary/0Kf+93hTwLx=2bN'
const CALL = '01930000-0000-7000-8000-000000000001'

const forms = {
  'as it is': KEY,
  'in base64': Buffer.from(`user:${KEY}`).toString('base64'),
  'in base64url': Buffer.from(`x${KEY}`).toString('base64url'),
  'in hex': Buffer.from(KEY).toString('hex'),
  'percent-encoded': encodeURIComponent(KEY),
  'inside JSON inside a text': JSON.stringify({ token: `"${KEY}"` }),
}

describe('the net with the real redactor', () => {
  it.each(Object.entries(forms))(
    'removes a value %s, wherever it stands in an answer',
    (_name, form) => {
      fc.assert(
        fc.property(place(form), (body) => {
          const sent = through(callAnswer(body))
          expect(JSON.stringify(sent)).not.toContain(JSON.stringify(form).slice(1, -1))
          expect(JSON.stringify(sent)).not.toContain(KEY)
          expect(sent).toMatchObject({
            jsonrpc: '2.0',
            id: 1,
            result: { structuredContent: { call: CALL, status: 200, truncated: false } },
          })
        }),
        { numRuns: 60 },
      )
    },
  )

  it('changes nothing where there is no value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        const message = callAnswer(body)
        expect(through(message)).toEqual(message)
      }),
    )
  })

  it('says the same as text and as structured content, whatever was removed', () => {
    fc.assert(
      fc.property(place(KEY), (body) => {
        const sent = through(callAnswer(body))
        if (!('result' in sent)) throw new Error('no result')
        const text = JSON.stringify(sent.result['structuredContent'])
        expect(sent.result['content']).toEqual([{ type: 'text', text }])
      }),
      { numRuns: 60 },
    )
  })
})

/** Any JSON with the form somewhere inside: as a text, in a text, or as a name. */
function place(form: string): fc.Arbitrary<unknown> {
  const holder = fc.oneof(
    fc.constant(form),
    fc.constant({ [form]: 1 }),
    fc.tuple(fc.string(), fc.string()).map(([before, after]) => `${before} ${form} ${after}`),
  )
  return fc
    .tuple(fc.jsonValue(), holder, fc.integer({ min: 0, max: 4 }))
    .map(([other, held, depth]) => {
      let body: unknown = held
      for (let level = 0; level < depth; level += 1)
        body = level % 2 === 0 ? [other, body] : { other, body }
      return body
    })
}

function callAnswer(body: unknown): JSONRPCMessage {
  const upstream: unknown = JSON.parse(JSON.stringify({ body }))
  if (!isJsonObject(upstream)) throw new Error('no object')
  const structured = { status: 200, truncated: false, ...upstream, call: CALL }
  const result = answerStructured(structured, false, CALL)
  return { jsonrpc: '2.0', id: 1, result: { ...result, resultType: 'complete' } }
}

function through(message: JSONRPCMessage): JSONRPCMessage {
  const redactor = createRedactor()
  redactor.register(new Secret('canary', KEY))
  const answered = { method: 'tools/call', outputSchema: fakeTool('act').outputSchema }
  return redactMessage(message, answered, redactor.session())
}
