import { exponent } from '../figures.ts'
import { alignedText } from '../table.ts'
import type { Copying } from './baselines.ts'
import type { Streaming } from './streaming.ts'
import type { Throughput } from './throughput.ts'

/** What is to be reached with 1,000 secrets on ordinary text: of the speed of copying. */
const AIMS = { scan: 0.1, all: 0.04 }

type Measured = 'scan' | 'all'

/** Speed and delay against the baselines, and whether the aims are reached. */
export function throughputText(rows: readonly Throughput[], copy: Copying): string {
  const head = [
    'input',
    'secrets',
    'size',
    ...both('ms'),
    ...both('MB/s'),
    ...both('of copying'),
    ...both('x loop'),
    ...both('x rg'),
    ...both('x rg net'),
  ]
  const cells = rows.map((row) => [
    row.input,
    String(row.secrets),
    sizeText(row.bytes),
    ...each((name) => numberText(row[name])),
    ...each((name) => numberText(speedOf(row, name))),
    ...each((name) => shareText(speedOf(row, name), row.copy)),
    ...each((name) => ratioText(speedOf(row, name), row.loop)),
    ...each((name) => (row.rg === null ? 'no rg' : ratioText(row.rg.whole, row[name]))),
    ...each((name) => (row.rg === null ? 'no rg' : ratioText(row.rg.net, row[name]))),
  ])
  return [
    `scan: the direct forms alone. all: every layer, which is what a call gets. copying: ${copy.words}`,
    'loop: replaceAll, one form after the other. rg: ripgrep -F, net: without its start. Both look for three forms of a value.',
    alignedText([head, ...cells], [0]),
    '',
    ...aimLines(rows),
  ].join('\n')
}

/** Of time against size, and against the number of secrets: 1 is linear, 0 is no dependence. */
export function exponentsText(rows: readonly Throughput[]): string {
  const inputs = [...new Set(rows.map(({ input }) => input))]
  const most = Math.max(...rows.map(({ secrets }) => secrets))
  const largest = new Map(inputs.map((input) => [input, largestOf(rows, input)]))
  const cells = inputs.map((input) => {
    const ofMost = rows.filter((row) => row.input === input && row.secrets === most)
    // What costs the same at any size hides how the rest grows.
    const bySize = ofMost.slice(1)
    const byCount = rows.filter(
      (row) => row.input === input && largest.get(input)?.has(row) === true,
    )
    return [
      input,
      ...each((name) => slope(bySize, name, ({ bytes }) => bytes)),
      ...each((name) => slope(byCount, name, ({ secrets }) => secrets)),
    ]
  })
  return alignedText(
    [['exponent of time', ...both('by size'), ...both('by secrets')], ...cells],
    [0],
  )
}

/** What a stream holds back. */
export function streamingText(rows: readonly Streaming[]): string {
  return alignedText(
    [
      [
        'pushed in 1 kB',
        'secrets',
        'so much',
        'held at most',
        'on average',
        'push, ms: p50',
        'p99',
      ],
      ...rows.map(({ input, secrets, pushed, held, push }) => [
        input,
        String(secrets),
        sizeText(pushed),
        `${held.most} units`,
        `${held.average.toFixed(0)} units`,
        push === null ? 'withheld' : numberText(push.median),
        push === null ? '' : numberText(push.p99),
      ]),
    ],
    [0],
  )
}

function aimLines(rows: readonly Throughput[]): string[] {
  const most = Math.max(...rows.map(({ secrets }) => secrets))
  const row = rows.findLast(({ input, secrets }) => input === 'text' && secrets === most)
  if (row === undefined) return []
  const words = { scan: 'the direct scan', all: 'all layers' }
  return (['scan', 'all'] as const).map((name) => {
    const share = (speedOf(row, name) ?? 0) / row.copy
    const verdict = share >= AIMS[name] ? 'reached' : 'MISSED'
    return `${words[name]}, ${most} secrets, ${sizeText(row.bytes)} of text: ${(100 * share).toFixed(2)} % of copying at ${numberText(row.copy)} MB/s; to reach: ${100 * AIMS[name]} %  ${verdict}`
  })
}

function largestOf(rows: readonly Throughput[], input: string): ReadonlySet<Throughput> {
  const ofInput = rows.filter((row) => row.input === input)
  const groups = [...Map.groupBy(ofInput, ({ secrets }) => secrets).values()]
  return new Set(groups.flatMap((group) => group.slice(-1)))
}

function slope(
  rows: readonly Throughput[],
  name: Measured,
  against: (row: Throughput) => number,
): string {
  const points = rows.flatMap((row): [number, number][] => {
    const ms = row[name]
    return ms === null ? [] : [[against(row), ms]]
  })
  return points.length < 2 ? '-' : exponent(points).toFixed(2)
}

/** MB/s; null where the text is withheld. */
function speedOf(row: Throughput, name: Measured): number | null {
  const ms = row[name]
  return ms === null ? null : row.bytes / ms / 1_000
}

function both(word: string): [string, string] {
  return [`scan ${word}`, `all ${word}`]
}

function each(cell: (name: Measured) => string): [string, string] {
  return [cell('scan'), cell('all')]
}

function ratioText(value: number | null, to: number | null): string {
  if (value === null || to === null) return '-'
  // Less than nothing is left of it without its start: its noise is longer than it is.
  return value <= 0 ? '~0' : numberText(value / to)
}

function shareText(value: number | null, of: number): string {
  return value === null ? '-' : `${((100 * value) / of).toFixed(2)} %`
}

function numberText(value: number | null): string {
  if (value === null) return 'withheld'
  if (value >= 100) return value.toFixed(0)
  return value.toFixed(value < 1 ? 3 : 1)
}

function sizeText(bytes: number): string {
  return bytes >= 1_000_000
    ? `${(bytes / 1_000_000).toFixed(1)} MB`
    : `${(bytes / 1_000).toFixed(0)} kB`
}
