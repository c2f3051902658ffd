import { describe, expect, it } from 'vitest'
import { readCatalog } from '../../src/config/catalog.ts'
import { readScope } from '../../src/config/scope.ts'
import { isRefusal } from '../../src/core/refusal.ts'
import { ruleDataLine } from '../../src/core/rule-line.ts'
import { diffRules, scopeRuleTexts } from '../../src/core/scope-diff.ts'
import { CATALOG, SCOPE } from '../support/config-home.ts'
import { fakeFamilies } from '../support/fake-families.ts'

const textsOf = (text: string, catalog = CATALOG) => {
  const { scope } = readScope('claude-code', text, readCatalog(catalog, fakeFamilies), fakeFamilies)
  if (isRefusal(scope)) throw new Error(scope.message)
  return scopeRuleTexts(scope)
}

describe('the lines of a scope', () => {
  it('are one per rule, limit and expiry', () => {
    expect(textsOf(SCOPE)).toEqual([
      'allow github {"methods":["GET"],"paths":["/user","/repos/acme/site/**"]}',
      'allow github {"methods":["POST"],"paths":["/repos/acme/site/issues"]} approval human limit 10/hour',
      'allow plain {"methods":["ANY"],"paths":["/**"],"query":{}}',
      'allow plain {"methods":["GET"],"paths":["/x"]}',
      'deny github {"paths":["/repos/acme/site/secrets"]}',
      'expires 2027-04-01T00:00:00.000Z',
      'limit github 100/hour',
      'limit github 5/minute',
    ])
  })

  it('stay as they are when lines move or a comment comes', () => {
    const moved = SCOPE.replace('expires: 2027-03-31\n', '').replace(
      'agent:',
      '# why\n\nexpires: 2027-03-31\nagent:',
    )
    expect(diffRules(textsOf(SCOPE), textsOf(moved))).toEqual({ added: [], removed: [] })
  })

  it('stay as they are while the catalog has a mistake', () => {
    const broken = CATALOG.replaceAll('type: fake-api', 'type: fake-apy')
    expect(diffRules(textsOf(SCOPE), textsOf(SCOPE, broken))).toEqual({ added: [], removed: [] })
  })

  it('show what a change widens and narrows', () => {
    const wider = SCOPE.replace('        approval: human\n', '')
      .replace('    deny:\n      - paths: [/repos/acme/site/secrets]\n', '')
      .replace('2027-03-31', '2028-03-31')
    expect(diffRules(textsOf(SCOPE), textsOf(wider))).toEqual({
      added: [
        'allow github {"methods":["POST"],"paths":["/repos/acme/site/issues"]} limit 10/hour',
        'expires 2028-04-01T00:00:00.000Z',
      ],
      removed: [
        'allow github {"methods":["POST"],"paths":["/repos/acme/site/issues"]} approval human limit 10/hour',
        'deny github {"paths":["/repos/acme/site/secrets"]}',
        'expires 2027-04-01T00:00:00.000Z',
      ],
    })
  })
})

describe('a rule in one line', () => {
  it.each([
    [{ methods: ['GET', 'HEAD'], paths: ['/a/**'] }, 'GET, HEAD /a/** any query'],
    [
      { methods: ['GET'], paths: ['/a'], query: { state: ['open', 'all'] } },
      'GET /a query: {state: open, all}',
    ],
    [{ methods: ['GET'], paths: ['/a'], query: {} }, 'GET /a no query'],
    [{ methods: ['DELETE'] }, 'DELETE any path any query'],
    [{ access: 'read' }, 'access: read'],
    [
      { arguments: { environment: ['staging'], count: 3 } },
      'arguments: {environment: staging; count: 3}',
    ],
  ])('%j', (rule, line) => {
    expect(ruleDataLine(rule)).toBe(line)
  })
})
