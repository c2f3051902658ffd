import type { Decision } from '../core/decision.ts'
import { type Refusal, refuse } from '../core/refusal.ts'
import type { Limit } from '../core/rule.ts'
import type { Counters, CounterUse } from '../state/state-port.ts'

/** Refused attempts have a limit of their own, so that a policy cannot be explored, nor a trail flooded. */
const REFUSED_LIMIT: Limit = { count: 600, window: 'hour' }

/** Takes one from each counter that the decision names, or answers which is used up. */
export async function takeLimits(
  counters: Counters,
  agent: string,
  tool: string,
  decision: Decision,
  now: number,
): Promise<Refusal | null> {
  if (decision.limits.length === 0) return null
  const uses: CounterUse[] = decision.limits.map(({ limit, ruleKey }) => ({
    // The same rule may carry two windows; each has a counter of its own.
    key: [agent, tool, ruleKey ?? '', limit.window].join('|'),
    limit,
  }))
  const full = await counters.take(uses, now)
  if (full === null) return null
  const seconds = Math.ceil(full.retryAfterMs / 1000)
  return refuse(
    'limit',
    `the limit of ${full.limit.count}/${full.limit.window} is used up`,
    `try again in ${seconds} s`,
  )
}

/** Counts one refused attempt; false where the limit of refused attempts is used up. */
export async function takeRefused(
  counters: Counters,
  agent: string,
  now: number,
): Promise<boolean> {
  return (await counters.take([{ key: `${agent}|refused`, limit: REFUSED_LIMIT }], now)) === null
}
