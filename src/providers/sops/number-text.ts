const LARGEST = 9_223_372_036_854_775_807n

/** A number as sops takes it into its MAC (Go's `strconv`): whole ones exactly, all others shortest and without an exponent. */
export function numberText(source: string): string {
  if (/^-?\d{1,19}$/.test(source)) {
    const whole = BigInt(source)
    if (whole <= LARGEST && whole >= -LARGEST - 1n) return String(whole)
  }
  const [digits = '', exponent] = String(Number(source)).split('e')
  if (exponent === undefined) return digits
  const sign = digits.startsWith('-') ? '-' : ''
  const [whole = '', fraction = ''] = digits.replace('-', '').split('.')
  const point = whole.length + Number(exponent)
  const all = whole + fraction
  return point > 0 ? `${sign}${all.padEnd(point, '0')}` : `${sign}0.${'0'.repeat(-point)}${all}`
}
