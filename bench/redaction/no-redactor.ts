import type { RedactionSession, Redactor } from '../../src/redaction/redaction-port.ts'

/** Stands in the place of `src/redaction/redactor.ts` in a bundle that is measured: it knows nothing, and looks at nothing. */
export function createRedactor(): Redactor {
  const session: RedactionSession = {
    text: (text) => text,
    sameText: (text) => text,
    json: (value) => value,
    bytes: (bytes) => bytes,
    stream: () => ({ push: (chunk) => chunk, end: () => '' }),
    counts: { byName: {}, partial: 0 },
  }
  return { register: () => {}, session: () => session, inspectInput: () => null }
}
