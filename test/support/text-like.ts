import { expect } from 'vitest'

/** A text that matches, or holds, this: `expect`'s own matchers are of type any. */
export function textLike(expected: RegExp | string): unknown {
  return typeof expected === 'string'
    ? expect.stringContaining(expected)
    : expect.stringMatching(expected)
}
