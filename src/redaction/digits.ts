/** What is in no alphabet. */
export const NO_DIGIT = 255

const tables = new Map<string, Uint8Array>()

/** By code unit below 128: its place in an alphabet, or `NO_DIGIT`. */
export function digitsOf(alphabet: string): Uint8Array {
  const known = tables.get(alphabet)
  if (known !== undefined) return known
  const digits = new Uint8Array(128).fill(NO_DIGIT)
  for (let i = 0; i < alphabet.length; i++) digits[alphabet.charCodeAt(i)] = i
  tables.set(alphabet, digits)
  return digits
}
