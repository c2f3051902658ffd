import { OTHER_SECRET } from '../corpus/redaction/cases.ts'
import { sampleSecrets } from '../corpus/redaction/secret-kinds.ts'
import { LeakDetector } from '../support/leak-detector.ts'
import type { ServerRun } from './server-run.ts'

/** In all views of one line, which are all kept at once. */
const MOST_CHARACTERS = 200_000_000
/** Of a line that has more. */
const SHALLOW = 2

export interface InRecords {
  /** The names of those that can be read there. */
  readonly secrets: readonly string[]
  /** How many lines had too many ways to be read: of them only the outer ones were tried. */
  readonly shallow: number
}

/** Which secrets of the corpus can be read in what a server said, wrote into its trail, or shows of that. */
export function inRecordsOf({ stderr, trail, shown }: ServerRun): InRecords {
  const known = [...sampleSecrets(), OTHER_SECRET]
  const deep = new LeakDetector(known, { characters: MOST_CHARACTERS })
  const outer = new LeakDetector(known, { depth: SHALLOW, characters: MOST_CHARACTERS })
  const secrets = new Set<string>()
  let shallow = 0
  for (const line of [stderr, ...trail, shown].flatMap((text) => text.split('\n'))) {
    let leaks = inspected(deep, line)
    if (leaks === null) {
      shallow++
      leaks = outer.inspect(line)
    }
    for (const { secret } of leaks) secrets.add(secret.name)
  }
  return { secrets: [...secrets], shallow }
}

/** Null where the line has more ways to be read than the detector takes. */
function inspected(detector: LeakDetector, line: string) {
  try {
    return detector.inspect(line)
  } catch (thrown) {
    if (thrown instanceof RangeError) return null
    throw thrown
  }
}
