const FIRST_POINT = 128

/** What the words of a text are in Punycode (RFC 3492, 6.2), where they are that. */
export function punycodeWords(text: string): string[] {
  const words = text.match(/[^\s"'`<>()[\]{},;|=&]{4,300}/g) ?? []
  return words.flatMap((word) => {
    const label = word.replace(/^.*xn--/i, '')
    if (label === word && !word.includes('-')) return []
    const decoded = decodeLabel(label)
    return decoded === null ? [] : [decoded]
  })
}

function decodeLabel(label: string): string | null {
  const hyphen = label.lastIndexOf('-')
  const points = [...label.slice(0, Math.max(0, hyphen))].map((c) => c.codePointAt(0) ?? 0)
  if (points.some((point) => point >= FIRST_POINT)) return null
  let point = FIRST_POINT
  let place = 0
  let bias = 72
  for (let at = hyphen + 1; at < label.length; ) {
    const before = place
    let weight = 1
    for (let k = 36; ; k += 36) {
      const digit = digitOf(label.charCodeAt(at++))
      if (digit === null) return null
      place += digit * weight
      const threshold = Math.max(1, Math.min(26, k - bias))
      if (digit < threshold) break
      weight *= 36 - threshold
    }
    const count = points.length + 1
    bias = biasAfter(place - before, count, before === 0)
    point += Math.floor(place / count)
    if (point > 0x10ffff) return null
    place %= count
    points.splice(place, 0, point)
    place++
  }
  return String.fromCodePoint(...points)
}

function digitOf(code: number): number | null {
  if (code >= 48 && code <= 57) return code - 22
  const letter = (code | 32) - 97
  return letter >= 0 && letter < 26 ? letter : null
}

function biasAfter(delta: number, count: number, first: boolean): number {
  let rest = Math.floor(delta / (first ? 700 : 2))
  rest += Math.floor(rest / count)
  let k = 0
  while (rest > 455) {
    rest = Math.floor(rest / 35)
    k += 36
  }
  return k + Math.floor((36 * rest) / (rest + 38))
}
