import { randomBytes } from 'node:crypto'
import { BrokerError } from '../../core/errors.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { startDemoApi } from './demo-api.ts'
import { connectDemoClient, type DemoClient, type Shown } from './demo-client.ts'
import { type DemoHome, makeDemoHome } from './demo-home.ts'

/** `keyhand demo`: one key, one agent and three calls, each shown as the model sees it, and checked. Exits 1 where a check fails. */
export async function demo(io: Io): Promise<ExitCode> {
  const key = `shop_live_${randomBytes(18).toString('base64url')}`
  const api = await startDemoApi(key)
  const home = await makeDemoHome(api.origin)
  const story = new Story(io, key)
  try {
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
  story.chapter(
    'A key goes into an encrypted file; the catalog says where it lives, the scope file what one agent may do with it',
  )
  const set = await home.keyhand(['secret', 'set', 'shop_key'], key)
  story.shell('keyhand secret set shop_key', set.text)
  story.check('the key is stored, and was never on a command line', set.code === 0)
  story.show('agents/demo-agent.yaml', home.scope)
}

async function threeCalls(
  story: Story,
  client: DemoClient,
  seen: { withKey: number; without: number },
): Promise<void> {
  story.chapter('The agent starts `keyhand serve` as an MCP server and asks for things')

  story.ask('an allowed call', 'shop {method: GET, path: /orders}')
  const allowed = await client.call('shop', { method: 'GET', path: '/orders' })
  story.saw(allowed)
  story.check(
    'the API answered, so it got the key',
    allowed.text.includes('lamp') && seen.withKey === 1,
  )

  story.ask('a call that no rule allows', 'shop {method: DELETE, path: /orders}')
  const denied = await client.call('shop', { method: 'DELETE', path: '/orders' })
  story.saw(denied)
  story.check(
    'it was refused, and nothing was sent',
    denied.isError && seen.withKey === 1 && seen.without === 0,
  )

  story.ask('a call whose answer says the key back', 'shop {method: GET, path: /debug}')
  const echo = await client.call('shop', { method: 'GET', path: '/debug' })
  story.saw(echo)
  story.check('the API did echo the key', seen.withKey === 2 && !echo.isError)
  story.check(
    'the model saw [secret shop_key] in its place, in every encoding',
    marks(echo.text) === 3,
  )
}

async function theTrail(story: Story, home: DemoHome): Promise<void> {
  story.chapter('The audit trail says who did what, under which rule')
  const show = await home.keyhand(['audit', 'show'])
  story.shell('keyhand audit show', show.text)
  const verify = await home.keyhand(['audit', 'verify'])
  story.shell('keyhand audit verify', verify.text)
  story.check(
    'two calls were performed, one was refused',
    /DELETE/.test(show.text) && /deny|refused/.test(show.text),
  )
  story.check('the trail is whole', verify.code === 0)
}

function marks(text: string): number {
  return text.split('[secret shop_key]').length - 1
}

/** Tells what happens, checks it, and looks for the key in everything that it shows. */
class Story {
  readonly #io: Io
  readonly #key: string
  readonly #checks: { what: string; right: boolean }[] = []
  #leaked = false
  #chapters = 0

  constructor(io: Io, key: string) {
    this.#io = io
    this.#key = key
  }

  chapter(title: string): void {
    this.#chapters += 1
    this.#say(`\n${this.#chapters}. ${title}`)
  }

  show(name: string, text: string): void {
    this.#say(indent(`${name}\n${indent(text.trimEnd())}`))
  }

  shell(command: string, output: string): void {
    this.#say(indent(`$ ${command}\n${output}`))
  }

  ask(what: string, call: string): void {
    this.#say(`\n   ${what}: ${call}`)
  }

  saw(shown: Shown): void {
    this.#look(JSON.stringify(shown.all))
    this.#say(indent(`the model sees\n${indent(shown.text)}`))
  }

  check(what: string, right: boolean): void {
    this.#checks.push({ what, right })
    this.#say(`   ${right ? '✓' : '✗'} ${what}`)
  }

  /** Says how it went; the exit code follows. */
  end(): ExitCode {
    this.check('the key is in nothing that was shown', !this.#leaked)
    const failed = this.#checks.filter(({ right }) => !right)
    this.#io.say(`\n${this.#checks.length - failed.length} of ${this.#checks.length} checks hold`)
    this.#io.data({ checks: this.#checks })
    return failed.length === 0 ? EXIT.ok : EXIT.no
  }

  #say(text: string): void {
    this.#look(text)
    if (this.#leaked)
      throw new BrokerError('internal', 'the demo found the key in what it was about to show')
    this.#io.say(text)
  }

  #look(text: string): void {
    const forms = [
      this.#key,
      Buffer.from(this.#key).toString('hex'),
      Buffer.from(this.#key).toString('base64url'),
    ]
    if (forms.some((form) => text.includes(form))) this.#leaked = true
  }
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `   ${line}`)
    .join('\n')
}
