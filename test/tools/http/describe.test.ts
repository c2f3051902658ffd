import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { textLike } from '../../support/text-like.ts'
import { allow, deny, settingsOf, tool } from './samples.ts'

const settings = settingsOf({ headers: { Accept: 'application/json' }, allow_headers: ['X-Trace'] })

describe('what a model is told', () => {
  it('is where calls go and what the scope allows and denies', () => {
    const rules = [
      allow({ methods: ['GET'], paths: ['/user', '/repos/acme/**'] }),
      {
        ...allow({ methods: ['POST'], paths: ['/issues'], query: {} }),
        approval: 'human' as const,
      },
      deny({ paths: ['/repos/acme/payroll/**'] }),
    ]
    expect(tool.describe('api', settings, rules, 'Some API').description).toBe(
      [
        'Some API. Calls the HTTP API at https://api.example.com/v1; keyhand adds the credential itself, never send one.',
        'Allowed (`*` is a part of one segment, `**` any number of segments):',
        '- GET /user, /repos/acme/** any query',
        '- POST /issues no query (a human has to approve each call)',
        'Never:',
        '- any method /repos/acme/payroll/** any query',
      ].join('\n'),
    )
  })
  it('does not grow with the scope file', () => {
    const rules = Array.from({ length: 100 }, (_, index) =>
      allow({ methods: ['GET'], paths: [`/p${index}`] }),
    )
    expect(tool.describe('api', settings, rules, null).description).toMatch(
      /- and 76 more: see keyhand_scope$/,
    )
  })
  it('is an input schema with the methods of the scope and the headers that may be sent', () => {
    const schema = z.toJSONSchema(
      tool.describe('api', settings, [allow({ methods: ['HEAD', 'GET'], paths: ['/**'] })], null)
        .input,
      { io: 'input' },
    )
    expect(schema).toMatchObject({
      type: 'object',
      additionalProperties: false,
      required: ['method', 'path'],
      properties: {
        method: { type: 'string', enum: ['GET', 'HEAD'] },
        path: { type: 'string', description: textLike('without the query') },
        headers: { type: 'object', description: textLike(/if-none-match.*x-trace/) },
        body: { description: textLike('the value itself') },
        max_bytes: { type: 'integer', maximum: 1_048_576 },
      },
    })
    expect(JSON.stringify(schema)).not.toContain('accept,')
    for (const property of Object.values(schema.properties ?? {}))
      expect(property).toHaveProperty('description')
  })
  it('takes a method outside of the scope, so that the decision can name the missing rule', () => {
    const { input } = tool.describe(
      'api',
      settings,
      [allow({ methods: ['GET'], paths: ['/**'] })],
      null,
    )
    expect(input.safeParse({ method: 'DELETE', path: '/x' }).success).toBe(true)
    expect(input.safeParse({ method: 'CONNECT', path: '/x' }).success).toBe(false)
  })
})

describe('annotations', () => {
  const table: readonly (readonly [readonly string[], Record<string, boolean>])[] = [
    [
      ['GET'],
      { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    ],
    [
      ['GET', 'HEAD', 'OPTIONS'],
      { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    ],
    [
      ['GET', 'PUT'],
      { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
    ],
    [
      ['POST'],
      { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
    ],
    [
      ['ANY'],
      { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
    ],
  ]
  for (const [methods, annotations] of table) {
    it(`of ${methods.join(', ')}`, () => {
      const rules = [allow({ methods, paths: ['/**'] }), deny({ methods: ['DELETE'] })]
      expect(tool.describe('api', settings, rules, null).annotations).toEqual(annotations)
    })
  }
})
