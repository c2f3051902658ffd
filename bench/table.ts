/** One figure of keyhand against one of a baseline. */
export interface Row {
  readonly what: string
  readonly unit: 'ms' | 'MB' | 'KiB' | ''
  readonly keyhand: number
  readonly baseline: number | null
  /** The ratio to reach, or where there is no baseline the figure; null where it is printed for information. */
  readonly target: number | null
}

/** Rows as text, and a mark at each that has a target. */
export function tableText(title: string, rows: readonly Row[]): string {
  const cells = rows.map(({ what, unit, keyhand, baseline, target }) => {
    const figure = baseline === null ? keyhand : keyhand / baseline
    return [
      what,
      `${number(keyhand)} ${unit}`.trim(),
      baseline === null ? '' : `${number(baseline)} ${unit}`.trim(),
      baseline === null ? '' : figure.toFixed(2),
      target === null ? '' : `${target}`,
      target === null ? '' : figure <= target ? 'reached' : 'MISSED',
    ]
  })
  const all = [[title, 'keyhand', 'baseline', 'ratio', 'to reach', ''], ...cells]
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  return all
    .map((row) =>
      row
        .map((cell, column) => {
          const width = widths?.[column] ?? 0
          return column === 0 || column === 5 ? cell.padEnd(width) : cell.padStart(width)
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function number(value: number): string {
  if (Number.isInteger(value)) return String(value)
  return value.toFixed(value < 10 ? 2 : 1)
}
