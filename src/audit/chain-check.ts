import { canonicalJson } from '../core/canonical-json.ts'
import { NO_PREVIOUS, parseLine, recordHash, withoutHash } from './record.ts'
import type { TrailLine } from './trail-line.ts'
import type { TrailProblem, TrailProblemKind } from './trail-problem.ts'

/** Follows one file's chain, line by line, and reports what does not hold. After a fault it goes on from the line as it is. */
export class ChainCheck {
  records = 0
  readonly #file: string
  readonly #expected: ReadonlyMap<number, string>
  readonly #report: (problem: TrailProblem) => void
  #line = 0
  #seq = 0
  #prev = NO_PREVIOUS
  /** True after a line that is no record: what follows it cannot be compared with it. */
  #gap = false

  /** @param expected the hashes that some records must have, by `seq`. */
  constructor(
    file: string,
    expected: ReadonlyMap<number, string>,
    report: (problem: TrailProblem) => void,
  ) {
    this.#file = file
    this.#expected = expected
    this.#report = report
  }

  line(line: TrailLine): void {
    this.#line += 1
    if (!line.complete) {
      this.#warn(
        'torn',
        'the last line has no end: a crash or a full disk cut it while it was written',
      )
      return
    }
    const record = line.text === null ? null : parseLine(line.text)
    if (record === null) {
      this.#problem('damaged', 'this line is no record: it was edited or damaged')
      this.#gap = true
      return
    }
    this.#record(record, line.text ?? '')
  }

  /** To be called after the last line. */
  end(): void {
    const newest = Math.max(0, ...this.#expected.keys())
    if (this.#seq < newest) {
      this.#report({
        severity: 'problem',
        kind: 'cut',
        file: this.#file,
        line: this.#line === 0 ? null : this.#line,
        message: `the file ends at record ${this.#seq}, and record ${newest} was written: its end was cut off`,
      })
    } else if (this.records === 0) {
      this.#warn('empty', 'the file has no record: the process ended while it was made')
    }
  }

  #record(record: { readonly [name: string]: unknown }, text: string): void {
    this.records += 1
    const { v, seq, prev, hash } = record
    if (v !== 1) {
      this.#problem(
        'version',
        'this keyhand knows records of version 1 only: verify with a newer one',
      )
    }
    if (!intact(record, text)) {
      this.#problem('edited', 'the content does not give the hash of the record: it was edited')
    }
    if (typeof seq === 'number' && Number.isSafeInteger(seq)) {
      this.#order(seq, prev)
      const head = this.#expected.get(seq)
      if (head !== undefined && head !== hash) {
        this.#problem(
          'replaced',
          `another record ${seq} was written: this one, or one before it, was replaced`,
        )
      }
      this.#seq = seq
    } else {
      this.#problem('damaged', 'the record has no `seq`: it was edited or damaged')
    }
    this.#prev = typeof hash === 'string' ? hash : ''
    this.#gap = false
  }

  #order(seq: number, prev: unknown): void {
    const next = this.#seq + 1
    if (seq !== next && !(this.#gap && seq > next))
      this.#problem('sequence', orderText(seq, this.#seq))
    else if (prev !== this.#prev && !this.#gap) {
      this.#problem(
        'chain',
        'it does not follow the record before it: one of them was edited, replaced or inserted',
      )
    }
  }

  #problem(kind: TrailProblemKind, message: string): void {
    this.#report({ severity: 'problem', kind, file: this.#file, line: this.#line, message })
  }

  #warn(kind: TrailProblemKind, message: string): void {
    const line = this.#line === 0 ? null : this.#line
    this.#report({ severity: 'warning', kind, file: this.#file, line, message })
  }
}

/** True where the line is the one text of this record and its hash is right. A deeply nested or otherwise odd line is not. */
function intact(record: { readonly [name: string]: unknown }, text: string): boolean {
  try {
    return text === canonicalJson(record) && record['hash'] === recordHash(withoutHash(record))
  } catch {
    return false
  }
}

function orderText(seq: number, before: number): string {
  if (before === 0) return `the file begins with record ${seq}: its beginning was removed`
  if (seq <= before)
    return `record ${seq} stands after record ${before}: moved, doubled or inserted`
  const missing = seq - before - 1
  return `record ${seq} follows record ${before}: ${missing} record${missing === 1 ? ' was' : 's were'} removed`
}
