/** Shorter runs stand in any text by chance. */
const SHORTEST_RUN = 12

/**
 * Whether anything that came over the wire holds what was planted, or a run of it. INVARIANT: it knows what was planted as it was
 * planted, and so needs to decode nothing; it shares nothing with what looks for values.
 */
export function holdsAny(all: unknown, planted: readonly string[]): boolean {
  const texts: string[] = []
  gather(all, texts)
  // A text block holds JSON: what is escaped in it is planted once more.
  const forms = planted.flatMap((text) => [text, JSON.stringify(text).slice(1, -1)])
  return forms.some((form) => runsOf(form).some((run) => texts.some((text) => text.includes(run))))
}

function runsOf(text: string): readonly string[] {
  if (text.length <= SHORTEST_RUN) return text === '' ? [] : [text]
  return Array.from({ length: text.length - SHORTEST_RUN + 1 }, (_, at) =>
    text.slice(at, at + SHORTEST_RUN),
  )
}

function gather(value: unknown, texts: string[]): void {
  if (typeof value === 'string') texts.push(value)
  else if (typeof value === 'object' && value !== null) {
    for (const [name, inner] of Object.entries(value)) {
      texts.push(name)
      gather(inner, texts)
    }
  }
}
