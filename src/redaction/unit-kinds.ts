/** Kinds of UTF-16 code units, of ASCII alone. */

export function isDigit(unit: number): boolean {
  return unit >= 48 && unit <= 57
}

export function isLetter(unit: number): boolean {
  return (unit >= 65 && unit <= 90) || (unit >= 97 && unit <= 122)
}

export function isLetterOrDigit(unit: number): boolean {
  return isDigit(unit) || isLetter(unit)
}

export function isHexUnit(unit: number): boolean {
  return isDigit(unit) || (unit >= 65 && unit <= 70) || (unit >= 97 && unit <= 102)
}
