import type { Buffer } from 'node:buffer'
import { base64Inner } from './base-inner.ts'

/** Below this many bytes hex and the inside of base64 are too short to mean anything: `7` is `37`. */
const SHORTEST_ENCODED = 4

/** Hex in either case. */
export function hexForms(bytes: Buffer): string[] {
  if (bytes.length < SHORTEST_ENCODED) return []
  const hex = bytes.toString('hex')
  return [hex, hex.toUpperCase()]
}

/**
 * The characters of base64 and base64url that depend on the value alone, wherever in the encoded data it starts: three
 * alignments. The characters beside them are taken in by `Pattern.edges`.
 */
export function base64Forms(bytes: Buffer): string[] {
  if (bytes.length < SHORTEST_ENCODED) return []
  return [0, 1, 2].flatMap((shift) => {
    const inner = base64Inner(bytes, shift)
    return [inner, urlSafe(inner)]
  })
}

/** The whole of base64, with padding, for values of which the inside would be too short. */
export function base64Whole(bytes: Buffer): string[] {
  if (bytes.length >= SHORTEST_ENCODED) return []
  const encoded = bytes.toString('base64')
  return [encoded, urlSafe(encoded)]
}

function urlSafe(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_')
}
