/** True for a text of hex digits only. */
export function isHex(text: string): boolean {
  return /^[0-9a-fA-F]+$/.test(text)
}
