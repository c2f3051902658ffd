/** What a `Retry-After` header means, in ms (RFC 9110, 10.2.3): seconds, or a date, which is compared with the answer's own. */
export function retryAfterMs(value: string | undefined, date: string | undefined): number | null {
  if (value === undefined) return null
  if (/^[0-9]{1,9}$/.test(value)) return Number(value) * 1000
  const wait = Date.parse(value) - Date.parse(date ?? '')
  return Number.isNaN(wait) ? null : Math.max(0, wait)
}
