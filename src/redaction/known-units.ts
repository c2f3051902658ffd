/** The UTF-16 units that count as text where bytes are looked into: bytes at random are some character too. */
export interface KnownUnits {
  /** 1 for each unit that counts. */
  readonly units: Uint8Array
  /** 1 for each byte that is the high one of such a unit. */
  readonly highBytes: Uint8Array
  /** True where some value counts as a whole only: with one character wrong at its end it would not be found. */
  readonly wholeOnly: boolean
}

/** Besides what values are written in: the usual letters, and what goes between characters. */
const USUAL = [
  [0x09, 0x0d],
  [0x20, 0x7e],
  [0xa0, 0x17f],
  [0x370, 0x4ff],
  [0x2000, 0x2064],
  [0x2070, 0x209c],
  [0x2100, 0x214f],
  [0x2460, 0x24ff],
  [0xfeff, 0xfeff],
  [0xff01, 0xff5e],
] as const

/** What counts as text where these values are looked for, and whether one of them counts as a whole only. */
export function knownUnits(values: Iterable<string>, wholeOnly: boolean): KnownUnits {
  const units = new Uint8Array(65_536)
  for (const [first, last] of USUAL) units.fill(1, first, last + 1)
  for (const value of values) for (let i = 0; i < value.length; i++) units[value.charCodeAt(i)] = 1
  const highBytes = Uint8Array.from({ length: 256 }, (_, high) =>
    units.subarray(high << 8, (high + 1) << 8).includes(1) ? 1 : 0,
  )
  return { units, highBytes, wholeOnly }
}
