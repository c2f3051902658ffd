import { randomBytes } from 'node:crypto'
import type { ExitCode } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { type DemoApi, startDemoApi } from './demo-api.ts'
import { connectDemoClient, type DemoClient } from './demo-client.ts'
import { DEMO_AGENT, type DemoHome, makeDemoHome } from './demo-home.ts'
import { Story } from './story.ts'

/** `keyhand demo`: one key, one agent and three calls, each shown as the model sees it, and checked. Exits 1 where a check fails. */
export async function demo(io: Io): Promise<ExitCode> {
  const key = `shop_live_${randomBytes(18).toString('base64url')}`
  const api = await startDemoApi(key)
  const home = await makeDemoHome(api.origin)
  const story = new Story(io, key)
  try {
    story.title(
      'An agent uses an API that needs a key, and never holds the key.\n' +
        '(Everything is real: the server, the API, the files. They are in a throw-away folder.)',
    )
    await storeKey(story, home, key)
    const client = await connectDemoClient(home.env)
    try {
      await threeCalls(story, client, api.seen)
    } finally {
      await client.close()
    }
    await theTrail(story, home)
  } finally {
    await home.remove()
    await api.close()
  }
  return story.end()
}

async function storeKey(story: Story, home: DemoHome, key: string): Promise<void> {
  story.chapter('You store the key, and write down what the agent may do')
  const set = await home.keyhand(['secret', 'set', 'shop_key'], key)
  story.shell('keyhand secret set shop_key', set.text)
  story.file(`agents/${DEMO_AGENT}.yaml`, home.scope)
  story.check('the key is stored; it was never on a command line', set.code === 0)
}

async function threeCalls(story: Story, client: DemoClient, seen: DemoApi['seen']): Promise<void> {
  story.chapter('The agent makes three calls over MCP; this is all that its model sees')

  story.asks('shop  GET /orders')
  const allowed = await client.call('shop', { method: 'GET', path: '/orders' })
  story.sees(allowed)
  story.check(
    'allowed: the API got the key, the model got the orders',
    allowed.text.includes('lamp') && seen.withKey === 1 && seen.without === 0,
  )

  story.asks('shop  DELETE /orders')
  const denied = await client.call('shop', { method: 'DELETE', path: '/orders' })
  story.sees(denied)
  story.check(
    'refused: no rule allows it, and nothing was sent',
    denied.isError && denied.text.includes('no_rule') && seen.withKey === 1 && seen.without === 0,
  )

  story.asks('shop  GET /debug   (where this API says back the key that it was sent)')
  const echo = await client.call('shop', { method: 'GET', path: '/debug' })
  story.sees(echo)
  story.check(
    'the API said the key three times: raw, in base64, in hex',
    seen.withKey === 2 && !echo.isError,
  )
  story.check('the model saw [secret shop_key] each time', marks(echo.text) === 3)
}

async function theTrail(story: Story, home: DemoHome): Promise<void> {
  story.chapter('The audit trail says who did what, and under which rule')
  const show = await home.keyhand(['audit', 'show', '--agent', DEMO_AGENT])
  story.shell(`keyhand audit show --agent ${DEMO_AGENT}`, show.text)
  story.check(
    'both calls and the refusal are in it',
    (show.text.match(/ done 200/g) ?? []).length === 2 &&
      (show.text.match(/DELETE .* refused/g) ?? []).length === 1,
  )
  const verify = await home.keyhand(['audit', 'verify'])
  story.shell('keyhand audit verify', verify.text)
  story.check('the trail is whole', verify.code === 0)
  story.check(
    'the key is in no file but the encrypted one, and in nothing that was shown',
    !(await home.contents()).some((text) => story.holdsKey(text)),
  )
}

function marks(text: string): number {
  return text.split('[secret shop_key]').length - 1
}
