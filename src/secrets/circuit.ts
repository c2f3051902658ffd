import { BrokerError } from '../core/errors.ts'

/** So many failures in a row, and a place is taken to be down. A fetch that hangs counts for two: it costs whoever waits the most. */
const FAILURES = 3
const HANGING = 2

const FIRST_WAIT_MS = 2_000
const LONGEST_WAIT_MS = 30_000

/** Knows which places are down, so that nobody waits for them in vain. */
export interface Circuits {
  /**
   * To be asked before each try. Where the place is down, one try after a while finds out whether it still is; the others
   * fail fast.
   *
   * @param called what its error calls it.
   * @throws BrokerError with the code of the last failure, and how long until the next try.
   */
  enter(place: string, called: string): void
  /** The place answered, whatever it said. */
  answered(place: string): void
  /** The place could not be asked. */
  failed(place: string, error: BrokerError): void
  /** The try was given up, and says nothing of the place. */
  left(place: string): void
}

interface Circuit {
  failures: number
  /** When the next try may begin; null while it is not taken to be down. */
  retryAt: number | null
  waitMs: number
  trying: boolean
  last: BrokerError | null
}

export function createCircuits({ now }: { readonly now: () => number }): Circuits {
  const circuits = new Map<string, Circuit>()
  return {
    enter(place, called) {
      const circuit = circuits.get(place)
      if (circuit === undefined || circuit.retryAt === null) return
      const wait = circuit.retryAt - now()
      if (wait <= 0 && !circuit.trying) circuit.trying = true
      else throw downError(called, circuit, Math.max(wait, 0))
    },
    answered(place) {
      circuits.delete(place)
    },
    failed(place, error) {
      const known = circuits.get(place)
      const circuit = known ?? {
        failures: 0,
        retryAt: null,
        waitMs: FIRST_WAIT_MS,
        trying: false,
        last: null,
      }
      circuits.set(place, circuit)
      const wasDown = circuit.retryAt !== null
      circuit.failures += error.code === 'secret_timeout' ? HANGING : 1
      circuit.trying = false
      circuit.last = error
      if (circuit.failures < FAILURES) return
      if (wasDown) circuit.waitMs = Math.min(circuit.waitMs * 2, LONGEST_WAIT_MS)
      circuit.retryAt = now() + Math.max(circuit.waitMs, error.retryAfterMs ?? 0)
    },
    left(place) {
      const circuit = circuits.get(place)
      if (circuit !== undefined) circuit.trying = false
    },
  }
}

function downError(called: string, { failures, last }: Circuit, wait: number): BrokerError {
  const seconds = Math.max(1, Math.ceil(wait / 1000))
  const why = last === null ? '' : `: ${last.message}`
  return new BrokerError(
    last?.code ?? 'secret_unreachable',
    `the provider \`${called}\` failed ${failures} times in a row, and is asked again in ${seconds} s${why}`,
    last?.fix == null ? {} : { fix: last.fix },
  )
}
