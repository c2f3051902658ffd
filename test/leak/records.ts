import { OTHER_SECRET } from '../corpus/redaction/cases.ts'
import { sampleSecrets } from '../corpus/redaction/secret-kinds.ts'
import { LeakDetector } from '../support/leak-detector.ts'
import type { ServerRun } from './server-run.ts'

/** In all views of one line. */
const MOST_CHARACTERS = 200_000_000
/** Of a line that has more: by chance the bytes of a digest inflate to much. */
const SHALLOW = 2

/** The secrets of the corpus that can be read in what a server said, wrote into its trail, or shows of that. */
export function secretsInRecords({ stderr, trail, shown }: ServerRun): string[] {
  const secrets = [...sampleSecrets(), OTHER_SECRET]
  const deep = new LeakDetector(secrets, { characters: MOST_CHARACTERS })
  const shallow = new LeakDetector(secrets, { depth: SHALLOW, characters: MOST_CHARACTERS })
  const names = new Set<string>()
  for (const line of [stderr, ...trail, shown].flatMap((text) => text.split('\n'))) {
    for (const { secret } of inspected(line, deep, shallow)) names.add(secret.name)
  }
  return [...names]
}

function inspected(line: string, deep: LeakDetector, shallow: LeakDetector) {
  try {
    return deep.inspect(line)
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown
    return shallow.inspect(line)
  }
}
