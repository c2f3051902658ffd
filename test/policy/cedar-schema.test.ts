import * as cedar from '@cedar-policy/cedar-wasm/nodejs'
import { expect, test } from 'vitest'
import type { FactsSchema } from '../../src/core/facts-schema.ts'
import { cedarSchemaText } from '../../src/policy/cedar-schema.ts'
import { FACTS } from './policy-samples.ts'

test('the schema is the one that guardrails are written against', async () => {
  await expect(cedarSchemaText(FACTS)).toMatchFileSnapshot('../golden/policy/sample.cedarschema')
})

test('the schema is one that Cedar reads, without a warning', () => {
  expect(cedar.schemaToJson(cedarSchemaText(FACTS))).toMatchObject({
    type: 'success',
    warnings: [],
  })
})

test('the schema does not depend on the order of tool types', () => {
  expect(cedarSchemaText(new Map([...FACTS].toReversed()))).toBe(cedarSchemaText(FACTS))
})

test('the schema has each fact with its type, also under odd names', () => {
  const shared: FactsSchema = { in: { kind: 'integer' } }
  const facts: FactsSchema = {
    'a "b\\': { kind: 'text', doc: 'two\nlines' },
    has: { kind: 'boolean', optional: true },
    q0: { kind: 'record', of: shared },
    q1: { kind: 'record', of: shared, optional: true },
    type: { kind: 'texts' },
  }
  const answer = cedar.schemaToJson(cedarSchemaText(new Map([['my-tool', facts]])))
  if (answer.type !== 'success') throw new Error(JSON.stringify(answer.errors))
  const space = answer.json['']
  expect(Object.keys(space?.commonTypes ?? {})).toEqual(['MyToolQ'])
  expect(space?.actions['my-tool:call']?.appliesTo).toMatchObject({
    principalTypes: ['Agent'],
    resourceTypes: ['Tool'],
    context: {
      type: 'Record',
      attributes: {
        'a "b\\': { name: 'String' },
        has: { name: 'Bool', required: false },
        q0: { name: 'MyToolQ' },
        q1: { name: 'MyToolQ', required: false },
        type: { type: 'Set', element: { name: 'String' } },
      },
    },
  })
})

test('without tool types there are still agents and tools', () => {
  expect(cedar.schemaToJson(cedarSchemaText(new Map())).type).toBe('success')
})
