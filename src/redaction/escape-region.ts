/** Escapes that are no further apart than this are decoded together, with as much text on either side. */
const REACH = 96
/** A word is of it from end to end, up to this length on either side. */
const LONGEST_WORD = 4_096

/** The stretches of a text that are of one text with the escapes in them. @param places where escapes stand, in order. */
export function escapeRegions(
  text: string,
  places: readonly number[],
): { readonly start: number; readonly end: number }[] {
  const regions: { start: number; end: number }[] = []
  for (let i = 0; i < places.length; ) {
    const first = places[i] ?? 0
    let end = first
    do {
      end = endOf(text, places[i] ?? 0, end)
      i++
    } while (i < places.length && (places[i] ?? 0) - REACH <= end)
    regions.push({ start: Math.min(Math.max(0, first - REACH), startOfWord(text, first)), end })
  }
  return regions
}

/** How far what an escape is a part of may reach; nothing before `from` is read again. */
function endOf(text: string, place: number, from: number): number {
  let end = Math.max(place, from)
  const most = Math.min(text.length, place + LONGEST_WORD)
  while (end < most && text.charCodeAt(end) > 32) end++
  return Math.max(end, Math.min(text.length, place + REACH))
}

function startOfWord(text: string, place: number): number {
  let start = place
  const least = Math.max(0, place - LONGEST_WORD)
  while (start > least && text.charCodeAt(start - 1) > 32) start--
  return start
}
