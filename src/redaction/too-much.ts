/** Thrown where a text holds more than is ever searched. */
export class TooMuch extends Error {
  override readonly name = 'TooMuch'
}
