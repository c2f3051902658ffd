import { parse as parseToml } from 'smol-toml'
import { describe, expect, it } from 'vitest'
import { CLIENT_NAMES } from '../../src/cli/install/client-names.ts'
import { CLIENTS, type Machine } from '../../src/cli/install/clients.ts'
import { blocksOfDocs } from './blocks.ts'

const machine: Machine = { platform: 'linux', userHome: '/home/ada', project: '/', env: {} }
const shown = blocksOfDocs()
  .filter(
    ({ place, language }) => place.startsWith('docs/clients.md:') && /^(json|toml)$/.test(language),
  )
  .map(({ language, text }): unknown => (language === 'toml' ? parseToml(text) : JSON.parse(text)))

describe('docs/clients.md', () => {
  it.each(CLIENT_NAMES)('shows for %s what `keyhand install` writes', (name) => {
    const { agent, servers, entry } = CLIENTS[name]
    const args = ['/path/to/keyhand.js', 'serve', '--agent', agent]
    const wanted = entry({ command: '/path/to/node', args, env: {} }, machine)
    expect(shown).toContainEqual({ [servers]: { keyhand: wanted } })
  })
})
