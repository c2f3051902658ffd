import { beforeMarker } from './marker.ts'

export interface CutText {
  readonly text: string
  readonly cut: boolean
}

/**
 * The longest start of a redacted text that is at most `maxBytes` of UTF-8 and ends neither inside a character nor inside a
 * marker. INVARIANT: only redacted text is cut; a cut before redaction shows all but one character of a value.
 */
export function cutText(text: string, maxBytes: number): CutText {
  const limit = Math.max(0, Math.floor(maxBytes))
  if (text.length * 3 <= limit) return { text, cut: false }
  const room = new Uint8Array(Math.min(limit, text.length * 3))
  const { read } = new TextEncoder().encodeInto(text, room)
  if (read === text.length) return { text, cut: false }
  return { text: text.slice(0, beforeMarker(text, read)), cut: true }
}
