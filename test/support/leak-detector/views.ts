import { DECODERS } from './bases.ts'
import { punycodeWords } from './punycode.ts'
import { SQUEEZES, TURNS } from './rearrange.ts'
import { type KnownUnits, textsInBytes } from './texts-in-bytes.ts'
import { UNESCAPES } from './unescape.ts'

/** One way to read a text. */
export interface View {
  readonly text: string
  /** What was undone, from the outside in. */
  readonly how: readonly string[]
}

export interface ViewLimits {
  /** How many decodings may be undone one after the other. */
  readonly depth: number
  /** How many characters all views may have together. */
  readonly characters: number
}

/** Nothing that counts is shorter. */
const SHORTEST_TEXT = 6

interface Reading extends View {
  readonly depth: number
  /** How many turns come before any other that may still be undone. */
  readonly turns: number
  readonly squeezed: boolean
}

const TURN_NAMES = Object.keys(TURNS)

/**
 * Every way to read a text: at each depth all escapes undone in any order and however often, it turned around and rotated,
 * and what stands between characters taken out; then everything that looks encoded decoded, and so on.
 *
 * @throws RangeError past the limits: a detector that gave up in silence would find nothing.
 */
export function* viewsOf(
  text: string,
  limits: ViewLimits,
  known: KnownUnits,
): Generator<View, void, undefined> {
  const seen = new Set<string>()
  const decoded = new Set<string>()
  let total = 0
  const queue: Reading[] = []
  const add = (reading: Reading) => {
    if (reading.text.length < SHORTEST_TEXT || seen.has(reading.text)) return
    seen.add(reading.text)
    total += reading.text.length
    if (total > limits.characters) {
      throw new RangeError(`there are more than ${limits.characters} characters to look at`)
    }
    queue.push(reading)
  }
  add({ text, how: [], depth: 0, turns: 0, squeezed: false })
  for (let next = 0; next < queue.length; next++) {
    const reading = queue[next]
    if (reading === undefined) break
    yield reading
    for (const rewritten of rewritings(reading)) add(rewritten)
    if (reading.depth === limits.depth) continue
    const deeper = (inner: string, name: string) =>
      add({
        text: inner,
        how: [...reading.how, name],
        depth: reading.depth + 1,
        turns: 0,
        squeezed: false,
      })
    for (const [name, { regions, decode }] of Object.entries(DECODERS)) {
      for (const region of regions(reading.text)) {
        const key = `${name} ${region}`
        if (decoded.has(key)) continue
        decoded.add(key)
        for (const [phase, bytes] of decode(region).entries()) {
          for (const inner of textsInBytes(bytes, known, phase === 0)) deeper(inner, name)
        }
      }
    }
    for (const word of punycodeWords(reading.text)) deeper(word, 'punycode')
  }
}

function* rewritings(reading: Reading): Generator<Reading> {
  for (const [name, rewrite] of Object.entries(UNESCAPES)) {
    const result = rewrite(reading.text)
    if (result !== null) yield { ...reading, text: result, how: [...reading.how, name] }
  }
  if (reading.squeezed) return
  for (const [turn, name] of TURN_NAMES.entries()) {
    const result = turn < reading.turns ? null : (TURNS[name]?.(reading.text) ?? null)
    if (result !== null) {
      yield { ...reading, text: result, how: [...reading.how, name], turns: turn + 1 }
    }
  }
  for (const [name, rewrite] of Object.entries(SQUEEZES)) {
    const result = rewrite(reading.text)
    if (result !== null) {
      yield { ...reading, text: result, how: [...reading.how, name], squeezed: true }
    }
  }
}
