/** What `tools/call` takes as arguments: far below what the transport buffers, so that too much is answered, not cut off. */
export const INPUT_LIMITS = { bytes: 1_048_576, depth: 64 } as const

/** What a message may have in all; beyond it the connection ends, since the rest of the message cannot be told from the next. */
export const MESSAGE_BYTES = 10 * 1_048_576

/** True for the error with which the SDK's transport ends a connection over such a message. */
export function isTooLarge(error: Error): boolean {
  return error.message.startsWith('ReadBuffer exceeded')
}

/** Why an input is beyond its bounds; null where it is not. Its size is that of its texts and names, and 8 bytes a value. */
export function beyondBounds(input: unknown): string | null {
  let bytes = 0
  let level: unknown[] = [input]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > INPUT_LIMITS.depth) {
      return `the input nests deeper than ${INPUT_LIMITS.depth} levels`
    }
    const below: unknown[] = []
    for (const value of level) {
      bytes += 8
      if (typeof value === 'string') bytes += Buffer.byteLength(value)
      if (typeof value === 'object' && value !== null) {
        if (!Array.isArray(value))
          for (const name of Object.keys(value)) bytes += Buffer.byteLength(name)
        for (const inner of Object.values(value)) below.push(inner)
      }
    }
    if (bytes > INPUT_LIMITS.bytes) {
      return `the input is larger than ${INPUT_LIMITS.bytes} bytes`
    }
    level = below
  }
  return null
}
