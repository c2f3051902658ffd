import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { readCatalog } from '../../src/config/catalog.ts'
import { catalogJsonSchema, scopeJsonSchema } from '../../src/config/json-schema.ts'
import { readScope } from '../../src/config/scope.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { isRefusal } from '../../src/core/refusal.ts'
import { CATALOG, SCOPE } from '../support/config-home.ts'
import { fakeFamilies } from '../support/fake-families.ts'

const families = { ...fakeFamilies, toolTypes: new Map([...fakeFamilies.toolTypes].slice(0, 1)) }
const accepts = (schema: JsonObject, text: string) =>
  z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).safeParse(parse(text)).success

describe('the JSON Schema of a catalog', () => {
  it.each([
    ['the example', CATALOG],
    ['nothing but a version', 'version: 1\n'],
    ['another version', 'version: 2\n'],
    ['an unknown key', 'version: 1\ntool: {}\n'],
    [
      'a provider with settings',
      `${CATALOG}\nproviders: { fake-vault: { address: "https://a.example" } }\n`,
    ],
    [
      'a provider with a name of its own, and a secret of it',
      `${CATALOG.replace('provider: fake-vault', 'provider: eu')}\nproviders: { eu: { type: fake-vault } }\n`,
    ],
    ['an unknown type', `${CATALOG}\nproviders: { eu: { type: fake-vualt } }\n`],
    ['an unknown setting', `${CATALOG}\nproviders: { fake-vault: { adress: x } }\n`],
    ['tags', CATALOG.replace('path: kv', 'tags: { environment: staging }\n    path: kv')],
    ['a tag that is no text', CATALOG.replace('path: kv', 'tags: { a: [b] }\n    path: kv')],
    ['an unknown key of a reference', CATALOG.replace('path: kv', 'feild: x\n    path: kv')],
    ['a cache in another unit', CATALOG.replace('5m', '5w')],
    ['a cache of 0', CATALOG.replace('5m', '0')],
    ['an unknown key of a tool', CATALOG.replace('description: G', 'descripton: G')],
    ['an auth of another type', CATALOG.replace('type: bearer', 'type: bearr')],
  ])('says as the loader does: %s', (_, text) => {
    expect(accepts(catalogJsonSchema(families), text)).toBe(
      readCatalog(text, families).problems.length === 0,
    )
  })

  it.each([
    ['what a secret must have and may be there', CATALOG.replace('    path: kv/login\n', '')],
    ['the name of a provider', CATALOG.replace('fake-chain', 'fake-chian')],
  ])('leaves to the loader what `providers` may say: %s', (_, text) => {
    expect(accepts(catalogJsonSchema(families), text)).toBe(true)
    expect(readCatalog(text, families).problems).not.toEqual([])
  })
})

describe('the JSON Schema of a scope file', () => {
  const catalog = readCatalog(CATALOG, families)
  it.each([
    ['the example', SCOPE],
    ['no tools', 'agent: claude-code\ntools: {}\n'],
    ['no agent', 'tools: {}\n'],
    ['an empty list', SCOPE.replace('methods: [ANY]', 'methods: []')],
    ['a number for a path', SCOPE.replace('paths: [/x]', 'paths: [5]')],
    ['a missing dimension', SCOPE.replace('methods: [GET], paths: [/x]', 'methods: [GET]')],
    [
      'a limit of a deny',
      SCOPE.replace('- paths: [/repos/acme/site/secrets]', '- { paths: [/x], limit: 1/hour }'),
    ],
    ['another approver', SCOPE.replace('human', 'robot')],
    ['no date', SCOPE.replace('2027-03-31', 'soon')],
  ])('says as the loader does: %s', (_, text) => {
    const { scope } = readScope('claude-code', text, catalog, families)
    expect(accepts(scopeJsonSchema(families), text)).toBe(!isRefusal(scope))
  })

  it('asks for an allow or a deny of each tool', () => {
    // Zod's own reader of JSON Schemas passes over this keyword, so the rows above cannot show it.
    const { properties } = scopeJsonSchema(families)
    expect(properties).toMatchObject({
      tools: { additionalProperties: { anyOf: [{ required: ['allow'] }, { required: ['deny'] }] } },
    })
  })

  it('offers the rules of each tool type where there are several', () => {
    expect(JSON.stringify(scopeJsonSchema(fakeFamilies))).toContain(
      'Rules for a tool of type fake-faulty',
    )
  })
})
