import type { Pattern } from '../../src/redaction/pattern.ts'

const BASE64 = /[A-Za-z0-9+/_-]/

interface Found {
  start: number
  end: number
  from: number
  id: number
}

/** Redaction as one would write it down: every pattern at every place. A null name is a marker, which protects what is in it. */
export function naiveRedact(text: string, patterns: readonly Pattern[]): string {
  const all: Found[] = []
  for (const [id, pattern] of patterns.entries()) {
    for (let from = 0; from + pattern.text.length <= text.length; from++) {
      if (!text.startsWith(pattern.text, from)) continue
      all.push({ start: from, end: from + pattern.text.length, from, id })
    }
  }
  const markers = all.filter(({ id }) => patterns[id]?.name === null)
  const found = all
    .filter(({ id }) => patterns[id]?.name !== null)
    .filter(({ start, end }) => !markers.some((m) => m.start <= start && end <= m.end))
    .map((one) => (patterns[one.id]?.edges ? widened(one, text) : one))
    .sort((a, b) => a.start - b.start || b.end - a.end || a.from - b.from || a.id - b.id)
  let out = ''
  let at = 0
  for (const { start, end, id } of found) {
    if (start >= at) {
      out += `${text.slice(at, start)}[secret ${patterns[id]?.name}]`
    }
    at = Math.max(at, end)
  }
  return out + text.slice(at)
}

function widened(found: Found, text: string): Found {
  let { start, end } = found
  if (start > 0 && BASE64.test(text.charAt(start - 1))) start--
  if (BASE64.test(text.charAt(end))) end++
  if (text.charAt(end) === '=') end++
  if (found.end < end && text.charAt(end) === '=' && text.charAt(end - 1) === '=') end++
  return { ...found, start, end }
}
