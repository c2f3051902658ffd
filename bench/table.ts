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
  return alignedText([[title, 'keyhand', 'baseline', 'ratio', 'to reach', ''], ...cells], [0, 5])
}

/** Rows of cells in columns, to the right but for those that are named. */
export function alignedText(
  rows: readonly (readonly string[])[],
  toTheLeft: readonly number[],
): string {
  const widths = rows[0]?.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  )
  return rows
    .map((row) =>
      row
        .map((cell, column) => {
          const width = widths?.[column] ?? 0
          return toTheLeft.includes(column) ? cell.padEnd(width) : cell.padStart(width)
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
