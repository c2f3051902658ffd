import { BrokerError } from '../../../src/core/errors.ts'
import type { Json } from '../../../src/core/json.ts'
import { Secret } from '../../../src/core/secret.ts'
import type { RedactionSession, Redactor } from '../../../src/redaction/redaction-port.ts'
import { createRedactor } from '../../../src/redaction/redactor.ts'
import type { LeakDetector } from '../../support/leak-detector.ts'
import type { SampleSecret } from './secret-kinds.ts'

/** How a text is given to the redactor. */
export type Mode = 'text' | 'json' | 'bytes' | 'stream, 1 unit' | 'stream, odd sizes'

export const MODES: readonly Mode[] = ['text', 'json', 'bytes', 'stream, 1 unit', 'stream, odd sizes']

/** `leak`: the detector could read it. `withheld`: the redactor gave nothing out. */
export type Outcome = 'clean' | 'leak' | 'withheld'

/** What came out, or null where it was withheld. */
export function redacted(redactor: Redactor, mode: Mode, text: string): string | null {
  try {
    return through(redactor.session(), mode, text)
  } catch (thrown) {
    if (thrown instanceof BrokerError && thrown.code === 'redaction_failed') return null
    throw thrown
  }
}

/** Knows these secrets. */
export function redactorOf(secrets: readonly SampleSecret[]): Redactor {
  const redactor = createRedactor()
  for (const { name, value } of secrets) redactor.register(new Secret(name, value))
  return redactor
}

export function outcomeOf(output: string | null, detector: LeakDetector): Outcome {
  if (output === null) return 'withheld'
  return detector.inspect(output).length === 0 ? 'clean' : 'leak'
}

/** False where a mode has no meaning for a text: only JSON can be given as JSON. */
export function fits(mode: Mode, mediaType: string): boolean {
  return mode !== 'json' || mediaType === 'application/json'
}

function through(session: RedactionSession, mode: Mode, text: string): string {
  switch (mode) {
    case 'text':
      return session.text(text)
    case 'json':
      return JSON.stringify(session.json(JSON.parse(text) as Json))
    case 'bytes':
      return Buffer.from(session.bytes(Buffer.from(text))).toString('utf8')
    case 'stream, 1 unit':
      return streamed(session, text, [1])
    case 'stream, odd sizes':
      return streamed(session, text, [7, 1, 13, 3, 31, 2, 64])
  }
}

function streamed(session: RedactionSession, text: string, sizes: readonly number[]): string {
  const stream = session.stream()
  let out = ''
  for (let at = 0, i = 0; at < text.length; i++) {
    const size = sizes[i % sizes.length] ?? 1
    out += stream.push(text.slice(at, at + size))
    at += size
  }
  return out + stream.end()
}
