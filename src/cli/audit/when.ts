import { BrokerError } from '../../core/errors.ts'

const UNITS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** RFC 3339; a time without its zone would mean two things, a day begins in UTC as the trail's times do. */
const TIME = /^\d{4}-\d{2}-\d{2}(?:[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2}))?$/

/**
 * `30m`, `1h`, `2d` before now, a day, or an RFC 3339 time, in ms since the epoch.
 *
 * @throws BrokerError `usage`.
 */
export function whenOf(option: string, text: string, now: number): number {
  const [, count, unit] = /^(\d{1,6})([smhdw])$/.exec(text) ?? []
  if (count !== undefined) return now - Number(count) * (UNITS[unit ?? ''] ?? 0)
  const time = TIME.test(text) ? Date.parse(text.replace(' ', 'T').toUpperCase()) : Number.NaN
  if (!Number.isNaN(time)) return time
  throw new BrokerError('usage', `\`${option}\` must be a time or how long ago`, {
    fix: 'Write 30m, 1h, 2d, 2030-12-31 or 2030-12-31T18:00:00Z.',
  })
}

/** @throws BrokerError `usage` where it is no whole number from 1 to a million. */
export function countOf(option: string, text: string): number {
  const count = /^\d{1,7}$/.test(text) ? Number(text) : 0
  if (count >= 1 && count <= 1_000_000) return count
  throw new BrokerError('usage', `\`${option}\` must be a number from 1 to 1000000`)
}
