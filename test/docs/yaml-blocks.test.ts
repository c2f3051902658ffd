import { describe, expect, it } from 'vitest'
import { parseDocument } from 'yaml'
import { composeFamilies, composePolicy } from '../../src/compose.ts'
import { createConfigSource } from '../../src/config/config-source.ts'
import { problemText } from '../../src/config/problem.ts'
import { isJsonObject } from '../../src/core/json.ts'
import { isRefusal } from '../../src/core/refusal.ts'
import { configHome } from '../support/config-home.ts'
import { type Block, blocksOf, blocksOfDocs } from './blocks.ts'

// A whole file says what it is: a catalog its `version`, a scope file its `agent`. A block that shows a part of one is marked
// ```yaml fragment.
const blocks = blocksOfDocs()
const inLanguage = (...names: string[]) => blocks.filter(({ language }) => names.includes(language))
const whole = inLanguage('yaml', 'yml').filter(({ marks }) => !marks.includes('fragment'))
const families = composeFamilies({
  places: { home: '/nonexistent', state: '/nonexistent' },
  env: {},
})

/** The mistakes in a home of these files, for one of its agents. */
async function problemsOf(
  files: Readonly<Record<string, string>>,
  agent: string,
): Promise<string[]> {
  const home = configHome({ 'agents/nobody.yaml': 'agent: nobody\ntools: {}\n', ...files })
  const { problems, guardrails } = await createConfigSource({ home, agent, families }).snapshot()
  const cedar =
    isRefusal(guardrails) || guardrails.length === 0
      ? []
      : await (await composePolicy(families)).checkGuardrails(guardrails)
  return [...problems, ...cedar].filter(({ severity }) => severity === 'error').map(problemText)
}

/** The mistakes of a block, as the real loader says them. */
async function mistakesOf(block: Block): Promise<string[]> {
  const data: unknown = parseDocument(block.text).toJS()
  if (!isJsonObject(data)) return ['it is no map']
  if ('version' in data) return problemsOf({ 'keyhand.yaml': block.text }, 'nobody')
  if (typeof data['agent'] !== 'string')
    return ['it is neither a catalog (`version`) nor a scope file (`agent`)']
  const agent = data['agent']
  const tools = isJsonObject(data['tools']) ? Object.keys(data['tools']) : []
  const profiles = Array.isArray(data['profiles']) ? data['profiles'].map(String) : []
  return problemsOf(
    { 'keyhand.yaml': catalogWith(tools, profiles), [`agents/${agent}.yaml`]: block.text },
    agent,
  )
}

/** A scope file names tools and profiles of a catalog that the page need not show. */
function catalogWith(tools: readonly string[], profiles: readonly string[]): string {
  const lines = tools.map(
    (tool) => `  ${tool}: { type: http, base_url: "https://${tool}.example" }\n`,
  )
  const changes = profiles.filter((profile) => profile !== 'none').map((name) => `${name}: {}`)
  return `version: 1\nprofiles: {${changes.join(', ')}}\ntools:${lines.length === 0 ? ' {}\n' : `\n${lines.join('')}`}`
}

describe('the docs', () => {
  it('have blocks that this test sees', () => {
    expect(whole.length).toBeGreaterThan(8)
  })

  it.each(whole)('$place is a file that keyhand loads without a mistake', async (block) => {
    expect(await mistakesOf(block)).toEqual([])
  })

  it.each(inLanguage('cedar'))('$place is a guardrail that is valid', async ({ text }) => {
    const files = { 'keyhand.yaml': 'version: 1\n', 'policies/example.cedar': text }
    expect(await problemsOf(files, 'nobody')).toEqual([])
  })

  it.each(inLanguage('json'))('$place is JSON', ({ text }) => {
    expect(() => JSON.parse(text) as unknown).not.toThrow()
  })

  it('mark nothing but fragments', () => {
    const marks = new Set(blocks.flatMap(({ marks }) => marks))
    expect([...marks].filter((mark) => mark !== 'fragment')).toEqual([])
  })
})

describe('this test', () => {
  const page = (yaml: string) => blocksOf('page.md', `# A\n\n\`\`\`yaml\n${yaml}\n\`\`\`\n`)
  it.each([
    ['an unknown key of a catalog', 'version: 1\ntool: {}', 'unknown key `tool`'],
    ['an unknown type', 'version: 1\ntools: { a: { type: htpp } }', 'htpp'],
    [
      'a scope rule with a mistake',
      'agent: a\ntools: { t: { allow: [{ methods: [GET] }] } }',
      '`paths`',
    ],
    ['a block that is neither', 'tools: {}', 'neither a catalog'],
  ])('finds %s', async (_, yaml, message) => {
    const [block] = page(yaml)
    expect(block?.place).toBe('page.md:3')
    expect((block && (await mistakesOf(block)))?.join('\n')).toContain(message)
  })

  it('finds a fence without an end', () => {
    expect(() => blocksOf('page.md', '```yaml\na: 1\n')).toThrow('page.md:1: the block has no end')
  })
})
