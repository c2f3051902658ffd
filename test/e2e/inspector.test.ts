import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { inspect } from '../support/inspector.ts'

const server = fileURLToPath(new URL('../support/fake-agent-server.ts', import.meta.url))

describe.each(['legacy', 'modern'])('the MCP Inspector, %s', (era) => {
  const target = [process.execPath, server, '--protocol-era', era]

  it('finds nothing to say about the list of tools', async () => {
    const { code, stdout, stderr } = await inspect([
      ...target,
      '--method',
      'tools/list',
      '--strict',
      '--format',
      'json',
    ])
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect(stdout).toContain('"keyhand_scope"')
  })

  it('calls a tool', async () => {
    const call = [
      '--method',
      'tools/call',
      '--tool-name',
      'act',
      '--tool-args-json',
      '{"body":"hello"}',
    ]
    const { code, stdout } = await inspect([...target, ...call, '--format', 'json'])
    expect(code).toBe(0)
    expect(stdout).toContain('hello')
  })

  it('sees a refusal as an error of the tool', async () => {
    const call = [
      '--method',
      'tools/call',
      '--tool-name',
      'act',
      '--tool-args-json',
      '{"refuse":"denied"}',
    ]
    const { code, stdout, stderr } = await inspect([...target, ...call, '--format', 'json'])
    expect(code).toBe(5)
    expect(stdout + stderr).toContain('refused by a rule that denies it')
  })
})
