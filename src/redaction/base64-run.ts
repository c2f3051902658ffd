import { Buffer } from 'node:buffer'
import { base64Texts } from './base64-text.ts'
import { HAS_COMPRESSED, HAS_TEXT, probed } from './byte-probe.ts'
import { inflatedIn, mayBeUnsigned } from './inflate.ts'
import { type MappedText, wholeOf } from './mapped-text.ts'
import { BOTH, FORWARD, REVERSED, ROTATED, type RunSurvey, sextets } from './run-survey.ts'
import { textsInAll } from './texts-in-bytes.ts'
import { TURNS } from './turns.ts'

/** Shorter pieces hold no part of a value. */
const SHORTEST = 12
/** What is turned around or in ROT13 is read as bytes up to this length; beyond it only as ASCII text. */
const LONGEST_TURNED = 4_096

/** What a run of base64 units stands for: ASCII text wherever it begins in it, and any text in its bytes, in each order and alphabet. */
export function base64RunTexts(
  text: string,
  run: { readonly start: number; readonly end: number },
  survey: RunSurvey,
  known: Uint8Array,
): MappedText[] {
  const { start, end } = run
  const { evidence, wrapped } = survey
  if (evidence === 0 && !survey.random) return []
  const raw = text.slice(start, end)
  const units = wrapped ? raw.replaceAll(/[\r\n]+/g, '') : raw
  const whole = (one: string): MappedText => wholeOf(one, start, end)
  const found: MappedText[] = []
  if ((evidence & FORWARD) !== 0) {
    for (const { text: one, span } of base64Texts(units)) {
      if (wrapped) {
        found.push(whole(one))
        continue
      }
      const local = (from: number, to: number) => {
        const inner = span(from, to)
        return { start: start + inner.start, end: Math.min(end, start + inner.end) }
      }
      found.push({ text: one, span: local })
    }
  }
  for (const [index, sign] of [REVERSED, ROTATED, BOTH].entries()) {
    const turn = TURNS[index + 1]
    if ((evidence & sign) === 0 || turn === undefined) continue
    found.push(...base64Texts(turn(units)).map(({ text: one }) => whole(one)))
  }
  if (survey.random) found.push(...textsOfBytes(units, known).map(whole))
  return found
}

/** The texts in the bytes of a run. */
function textsOfBytes(units: string, known: Uint8Array): string[] {
  const texts: string[] = []
  const bytes = new Uint8Array(Math.ceil((units.length * 3) / 4))
  for (const [index, turn] of TURNS.entries()) {
    if (index > 0 && units.length > LONGEST_TURNED) break
    for (const piece of turn(units).split(/=+/)) {
      if (piece.length < SHORTEST) continue
      for (let phase = 0; phase < 4; phase++) {
        const count = base64Bytes(piece, phase, bytes)
        const probe = probed(bytes, count, known)
        // What has no sign of its own can only be known where it begins.
        const unsigned = phase === 0 && mayBeUnsigned(bytes, count)
        if (probe === 0 && !unsigned) continue
        const found = Buffer.from(bytes.subarray(0, count))
        if ((probe & HAS_TEXT) !== 0) texts.push(...textsInAll([found], known))
        if ((probe & HAS_COMPRESSED) === 0 && !unsigned) continue
        texts.push(...textsInAll(inflatedIn(found, unsigned), known))
      }
    }
  }
  return texts
}

/** Decodes base64 from one of its first units on into room that is there, and gives how many bytes that are. */
function base64Bytes(units: string, phase: number, into: Uint8Array): number {
  let count = 0
  let held = 0
  let bits = 0
  for (let i = phase; i < units.length; i++) {
    held = (held << 6) | ((sextets[units.charCodeAt(i) & 127] ?? 0) & 63)
    bits += 6
    if (bits < 8) continue
    bits -= 8
    into[count++] = held >> bits
    held &= (1 << bits) - 1
  }
  return count
}
