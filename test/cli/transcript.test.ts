import { expect, it } from 'vitest'
import { composeRecords } from '../../src/compose.ts'
import { plainIdentity, type Sandbox, type SandboxWorld, sandbox } from '../support/command-line.ts'

/** What a person sees who types these commands one after another; what differs from run to run is replaced. */
async function transcript(
  box: Sandbox,
  steps: readonly (readonly [line: string, world?: SandboxWorld])[],
): Promise<string> {
  let text = ''
  for (const [line, world] of steps) {
    const { code, out, err } = await box.run(line.split(' ').slice(1), world)
    text += `$ ${line}\n${out}${err.replaceAll(/^(?=.)/gm, '! ')}${code === 0 ? '' : `(exit ${code})\n`}\n`
  }
  return text.replaceAll(box.home, '~/.config/keyhand')
}

it('the first minutes read as they are published', async () => {
  const box = sandbox()
  await plainIdentity(box)
  const token = 'ghp_7Hq2Vx9LmR4tYw8ZbN3kCfJd6PsGuE1aXo5B'
  const text = await transcript(box, [
    ['keyhand init --file'],
    ['keyhand secret check github_token'],
    ['keyhand secret set github_token', { answers: [token] }],
    ['keyhand secret set github_token', { stdin: `${token}\n` }],
    ['keyhand secret set stripe_key --provider file', { stdin: 'sk_test_hunter2' }],
    ['keyhand secret set stripe_key sk_test_hunter2'],
    ['keyhand secret list'],
    ['keyhand secret check --all'],
    ['keyhand secret remove github_token --yes'],
    ['keyhand secret remove stripe_key', { answers: [true] }],
    ['keyhand unlock'],
    ['keyhand init'],
  ])
  expect(text).not.toContain(token)
  await expect(text).toMatchFileSnapshot('../golden/cli/first-minutes.txt')
})

it('a stopped agent reads as it is published', async () => {
  const box = sandbox()
  await plainIdentity(box)
  await box.run(['init', '--file'])
  const { state, close } = await composeRecords(box)
  const reason = 'one answer held 4 different parts of values'
  await state.blocks.block('claude-code', reason, Date.parse('2026-03-04T05:06:07Z'))
  await close()
  const text = await transcript(box, [
    ['keyhand agent list'],
    ['keyhand agent unblock claude-code'],
    ['keyhand agent unblock claude-code'],
  ])
  await expect(text).toMatchFileSnapshot('../golden/cli/stopped-agent.txt')
})
