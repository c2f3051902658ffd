import type { Meter, Occurrences, PatternPool } from './pattern.ts'

/**
 * Multi-pattern search by Aho and Corasick (CACM 18(6), 1975): its work is linear in the input whatever the patterns are. It
 * is some fifty times slower than `WuManber` on ordinary text and takes longer to build, so it is made only when an
 * input needs it. Transitions are kept in one hash table: the full table would take 100 MB for 1,000 secrets.
 */
export class AhoCorasick {
  readonly #pool: PatternPool
  /** Hash table of transitions: state and code unit to state. */
  readonly #keyState: Int32Array
  readonly #keyUnit: Uint16Array
  readonly #target: Int32Array
  readonly #mask: number
  readonly #fail: Int32Array
  /** By state: the longest pattern without (with) edges that ends here, or -1. */
  readonly #plain: Int32Array
  readonly #edged: Int32Array

  constructor(pool: PatternPool) {
    this.#pool = pool
    const { offsets, lengths, units, patterns } = pool
    const most = units.length + 1
    const slots = 2 ** Math.ceil(Math.log2(most * 2 + 2))
    this.#mask = slots - 1
    this.#keyState = new Int32Array(slots).fill(-1)
    this.#keyUnit = new Uint16Array(slots)
    this.#target = new Int32Array(slots)
    this.#fail = new Int32Array(most)
    this.#plain = new Int32Array(most).fill(-1)
    this.#edged = new Int32Array(most).fill(-1)
    const firstChild = new Int32Array(most).fill(-1)
    const sibling = new Int32Array(most).fill(-1)
    const unitOf = new Uint16Array(most)
    let states = 1
    for (const [id, pattern] of patterns.entries()) {
      let state = 0
      const from = offsets[id] ?? 0
      for (let i = 0; i < (lengths[id] ?? 0); i++) {
        const unit = units[from + i] ?? 0
        const slot = this.#slot(state, unit)
        if (this.#keyState[slot] === -1) {
          this.#keyState[slot] = state
          this.#keyUnit[slot] = unit
          this.#target[slot] = states
          unitOf[states] = unit
          sibling[states] = firstChild[state] ?? -1
          firstChild[state] = states
          states++
        }
        state = this.#target[slot] ?? 0
      }
      ;(pattern.edges ? this.#edged : this.#plain)[state] = id
    }
    this.#link(states, firstChild, sibling, unitOf)
  }

  /** Adds the longest pattern that ends at each place to `found`, by end. */
  scan(text: string, found: Occurrences, meter: Meter): void {
    const { lengths } = this.#pool
    let state = 0
    let steps = 0
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      for (;;) {
        steps++
        const slot = this.#slot(state, unit)
        if (this.#keyState[slot] !== -1) {
          state = this.#target[slot] ?? 0
          break
        }
        if (state === 0) break
        state = this.#fail[state] ?? 0
      }
      const plain = this.#plain[state] ?? -1
      if (plain >= 0) found.push(i + 1 - (lengths[plain] ?? 0), plain)
      const edged = this.#edged[state] ?? -1
      if (edged >= 0) found.push(i + 1 - (lengths[edged] ?? 0), edged)
    }
    meter.steps += steps
  }

  /** Sets each state's failure link, breadth first, and hands down what ends there. */
  #link(states: number, firstChild: Int32Array, sibling: Int32Array, unitOf: Uint16Array): void {
    const queue = new Int32Array(states)
    let tail = 1
    for (let at = 0; at < tail; at++) {
      const state = queue[at] ?? 0
      for (let child = firstChild[state] ?? -1; child >= 0; child = sibling[child] ?? -1) {
        queue[tail++] = child
        if (state === 0) continue
        const fail = this.#step(this.#fail[state] ?? 0, unitOf[child] ?? 0)
        this.#fail[child] = fail
        if (this.#plain[child] === -1) this.#plain[child] = this.#plain[fail] ?? -1
        if (this.#edged[child] === -1) this.#edged[child] = this.#edged[fail] ?? -1
      }
    }
  }

  #step(from: number, unit: number): number {
    for (let state = from; ; state = this.#fail[state] ?? 0) {
      const slot = this.#slot(state, unit)
      if (this.#keyState[slot] !== -1) return this.#target[slot] ?? 0
      if (state === 0) return 0
    }
  }

  /** The slot of a transition, or the free one where it would stand. */
  #slot(state: number, unit: number): number {
    let slot = (Math.imul(state, 0x9e3779b1) ^ Math.imul(unit, 0x85ebca6b)) >>> 0
    slot = (slot ^ (slot >>> 15)) & this.#mask
    while (
      this.#keyState[slot] !== -1 &&
      (this.#keyState[slot] !== state || this.#keyUnit[slot] !== unit)
    ) {
      slot = (slot + 1) & this.#mask
    }
    return slot
  }
}
