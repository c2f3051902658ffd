/** `12 days`; `-` where nobody knows when it was made. */
export function ageText(createdAt: number | null, now: number): string {
  if (createdAt === null) return '-'
  const hours = Math.max(0, Math.floor((now - createdAt) / 3_600_000))
  if (hours < 1) return 'new'
  return hours < 48 ? counted(hours, 'hour') : counted(Math.floor(hours / 24), 'day')
}

/** `4 min left`; `-` where there is nothing. */
export function leftText(until: number | null, now: number): string {
  if (until === null || until <= now) return '-'
  const seconds = Math.ceil((until - now) / 1_000)
  if (seconds < 60) return `${seconds} s left`
  const minutes = Math.ceil(seconds / 60)
  return minutes < 120 ? `${minutes} min left` : `${Math.ceil(minutes / 60)} h left`
}

function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}
