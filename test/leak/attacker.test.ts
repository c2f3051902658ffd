import { expect, it } from 'vitest'
import type { AgentBlocks } from '../../src/state/state-port.ts'
import { SeededRandom } from '../corpus/redaction/seeded-random.ts'
import { brokerWorld, done } from '../support/broker-world.ts'
import { asked, type Known, type Observation, questions, telling } from './attacker.ts'

interface Target {
  readonly name: string
  readonly known: Known
  readonly secretPart: string
}

/** Of these the attacker knows all but the secret part; its first and last character are letters or digits, as guessed. */
const TARGETS: readonly Target[] = [
  {
    name: 'a token with a known prefix',
    known: { before: 'ghp_', after: '' },
    secretPart: 'Zq7Xw2Lm9TbK4RvN8cYdJ5sHf3GpA6eUo1Wi',
  },
  {
    name: 'the password of a known user',
    known: { before: 'orders_app:', after: '' },
    secretPart: 'V4hTz8QmXk2W',
  },
  {
    name: 'a connection string known but for its password',
    known: { before: 'postgres://orders_app:', after: '@db.internal.example:5432/orders' },
    secretPart: 'pL9vB3xYw7KdRt5M',
  },
]

type Echo = (note: string, value: string) => string

/** What the upstream makes of what it is asked and of the credential that it is sent. */
const ECHOES: readonly Echo[] = [
  (note, value) => `you said ${note}\nauthorization: Bearer ${value}`,
  (note, value) => `${note}${value}${note}`,
  (note, value) => Buffer.from(`${note}${value}${note}`).toString('base64'),
  (note, value) =>
    encodeURIComponent(JSON.stringify({ note, value: [...value].reverse().join('') })),
  (note, value) => Buffer.from(`${value}:${note}`).toString('hex'),
]

interface Attack {
  /** Questions and answers before the agent was stopped for good. */
  readonly observations: readonly Observation[]
  readonly stops: number
  /** What was seen from the last stop on. */
  readonly afterwards: readonly string[]
}

/** Asks until the calls are used up. After a stop an admin clears the agent, `unblocks` times. */
async function attack(
  { known, secretPart }: Target,
  options: { calls: number; echoes: readonly Echo[]; unblocks: number },
): Promise<Attack> {
  let blocks: AgentBlocks | null = null
  const world = await brokerWorld({
    overrides: (parts) => {
      blocks = parts.blocks
      // The trail has tests of its own, and to sync it 10,000 times is slow.
      const trail = {
        append: async () => {},
        maskPath: async (path: string) => path,
        close: async () => {},
      }
      return { trail }
    },
  })
  const value = `${known.before}${secretPart}${known.after}`
  world.values.set('key', { value, version: '1' })
  let echo = options.echoes[0]
  world.perform = async ({ note }, call) => {
    const said = echo?.(String(note), call.secrets.get('key').reveal()) ?? ''
    return done({ echo: call.redaction.text(said) })
  }
  let [calls, stops, unblocks] = [0, 0, options.unblocks]
  const observations: Observation[] = []
  const afterwards: string[] = []
  for (let number = 0; ; number += 1) {
    // All questions, again and again, each time with another echo.
    const all = questions(known, new SeededRandom('attack'))
    const question = all[number % all.length] ?? expect.fail()
    const turn = number + Math.floor(number / all.length)
    echo = options.echoes[turn % options.echoes.length]
    const answers = asked(question, async (note) => {
      calls += 1
      // What is counted by the hour has room for it.
      world.clock += 20_000
      return world.call('api', { verb: 'read', note })
    })
    for await (const seen of answers) {
      const stopped = seen.some((one) => one.seen.startsWith('probing'))
      if (stopped && unblocks > 0) {
        stops += 1
        unblocks -= 1
        expect(await (blocks as AgentBlocks | null)?.unblock('tester')).toBe(true)
      } else if (stopped) {
        afterwards.push(...seen.map((one) => one.seen))
      } else {
        observations.push(...seen)
      }
      if (calls >= options.calls) return { observations, stops, afterwards }
    }
  }
}

it.each(TARGETS)(
  'in a third of 10,000 calls nothing is learned of $name',
  async (target) => {
    const calls = Math.ceil(10_000 / TARGETS.length)
    const { observations } = await attack(target, { calls, echoes: ECHOES, unblocks: 1_000 })
    expect(telling(observations, target.secretPart)).toEqual([])
    expect(observations.length).toBeGreaterThan(calls / 2)
  },
  180_000,
)

it('an upstream that shows parts stops the agent; all answers from then on are equal', async () => {
  const [target] = TARGETS
  if (target === undefined) return expect.fail()
  const echoes: readonly Echo[] = [(note, value) => `denied: ${value.slice(0, 4 + 14)}${note}`]
  const attacked = await attack(target, { calls: 2_000, echoes, unblocks: 30 })
  expect(attacked.stops).toBe(30)
  expect(telling(attacked.observations, target.secretPart)).toEqual([])
  expect(attacked.afterwards.length).toBeGreaterThan(1_500)
  expect(new Set(attacked.afterwards).size).toBe(1)
}, 180_000)

it('is an attacker who would see it: without redaction of parts each question tells', async () => {
  const seen: Observation[] = []
  const { known, secretPart } = TARGETS[0] ?? expect.fail()
  const first = questions(known, new SeededRandom('control')).filter(
    ({ name }) => name === 'the first character, raw',
  )
  for (const question of first) {
    for await (const some of asked(question, async (note) => ({
      kind: 'performed',
      call: 'a call',
      result: {
        structured: { echo: note.endsWith(`_${secretPart[0]}`) ? '[part of a secret]' : note },
        failed: false,
        status: 200,
        bytes: 1,
      },
    }))) {
      seen.push(...some)
    }
  }
  expect(telling(seen, secretPart)).toHaveLength(1)
})
