import type { AuditEvent } from '../audit-event.ts'

/** Fewer calls than this under way: nobody waits for anybody. */
const FEW = 4
const LONGEST_WAIT_MS = 25

/**
 * How long a write waits for others to share its sync. As PostgreSQL's `commit_siblings` and `commit_delay`: a call that is alone
 * waits for nothing; with many under way their records come one by one within moments, and a sync for each would cost
 * all of them more than waiting for a few.
 */
export class Gathering {
  /** Calls whose intent was recorded, and whose outcome was not. */
  readonly #open = new Map<string, number>()

  saw(event: AuditEvent): void {
    if (event.call === undefined) return
    const open = this.#open.get(event.call) ?? 0
    if (event.kind === 'intent') this.#open.set(event.call, open + 1)
    if (event.kind !== 'outcome') return
    if (open > 1) this.#open.set(event.call, open - 1)
    else this.#open.delete(event.call)
  }

  /** True where no other call is under way, so that there is nobody to share a sync with. */
  alone(call: string | undefined): boolean {
    const own = call !== undefined && this.#open.has(call) ? 1 : 0
    return this.#open.size === own
  }

  /** In ms, with so many records waiting. */
  delay(waiting: number): number {
    const others = this.#open.size
    if (others < FEW || waiting >= others) return 0
    return Math.min(Math.max(others * 0.15, 2), LONGEST_WAIT_MS)
  }
}
