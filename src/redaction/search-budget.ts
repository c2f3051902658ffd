import { BrokerError } from '../core/errors.ts'

const STEPS_PER_UNIT = 64
const FREE_STEPS = 1_000_000

/** The comparisons that a search may make in a text of so many units. */
export class SearchBudget {
  readonly #most: number
  #steps = 0

  constructor(length: number) {
    this.#most = length * STEPS_PER_UNIT + FREE_STEPS
  }

  get steps(): number {
    return this.#steps
  }

  /** @throws BrokerError `redaction_failed` where text and values are made so that it would take too long. */
  spend(steps: number): void {
    this.#steps += steps
    if (this.#steps > this.#most) {
      throw new BrokerError('redaction_failed', 'the search for parts of values took too long')
    }
  }
}
