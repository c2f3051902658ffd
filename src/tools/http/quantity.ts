import * as z from 'zod'

const DURATION_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 }
const SIZE_UNITS: Readonly<Record<string, number>> = { B: 1, KiB: 1_024, MiB: 1_048_576 }

/** A length of time as text, `500ms`, `30s` or `2m`, to ms. */
export function duration(least: string, most: string): z.ZodType<number, string> {
  return quantity(DURATION_UNITS, least, most, 'a time such as `30s` (ms, s, m)')
}

/** An amount of data as text, `64KiB` or `4MiB`, to bytes. */
export function size(least: string, most: string): z.ZodType<number, string> {
  return quantity(SIZE_UNITS, least, most, 'a size such as `64KiB` (B, KiB, MiB)')
}

function quantity(
  units: Readonly<Record<string, number>>,
  least: string,
  most: string,
  what: string,
): z.ZodType<number, string> {
  const low = amountOf(least, units) ?? 0
  const high = amountOf(most, units) ?? 0
  return z.string().transform((text, context) => {
    const amount = amountOf(text, units)
    if (amount !== null && amount >= low && amount <= high) return amount
    context.addIssue({ code: 'custom', message: `must be ${what}, from ${least} to ${most}` })
    return z.NEVER
  })
}

function amountOf(text: string, units: Readonly<Record<string, number>>): number | null {
  const match = /^(\d{1,9})([A-Za-z]+)$/.exec(text)
  const unit = units[match?.[2] ?? '']
  return match === null || unit === undefined ? null : Number(match[1]) * unit
}
