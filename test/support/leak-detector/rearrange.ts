import { changed, type Rewrite } from './unescape.ts'

const reversed: Rewrite = (text) => changed(text, [...text].reverse().join(''))

const rotated: Rewrite = (text) =>
  changed(
    text,
    text.replace(/[a-z]/gi, (letter) => {
      const base = letter <= 'Z' ? 65 : 97
      return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base)
    }),
  )

/** Without white space and what is invisible. */
const unspaced: Rewrite = (text) => changed(text, text.replace(/[\s\p{Z}\p{Cf}]+/gu, ''))

/** With line ends only, and what indents lines, taken out, also where they are spelled out. */
const unwrapped: Rewrite = (text) => changed(text, text.replace(/(?:\\r|\\n|[\r\n])+[ \t]*/g, ''))

/** With the elements of a JSON array joined. */
const joined: Rewrite = (text) => changed(text, text.replace(/"\s*,\s*"/g, ''))

/** Letters and digits alone. */
const lettersOnly: Rewrite = (text) => changed(text, text.replace(/[^\p{L}\p{N}]+/gu, ''))

/** Pieces of one length that always have the same between them: only there it is taken out. */
function regrouped(size: number): Rewrite {
  const least = size < 3 ? 5 : 2
  const pattern = new RegExp(
    `(.{${size}})([^\\p{L}\\p{N}]{1,12}?)(?:.{${size}}\\2){${least},}.{1,${size}}`,
    'gsu',
  )
  return (text) =>
    changed(
      text,
      text.replace(pattern, (stretch: string, _: string, gap: string) => {
        const step = size + [...gap].length
        return [...stretch].filter((_, index) => index % step < size).join('')
      }),
    )
}

/** Each gives the same characters in another order, or others for them; twice the same is nothing. */
export const TURNS: Readonly<Record<string, Rewrite>> = { rotated, reversed }

/** Each takes out what stands between characters. */
export const SQUEEZES: Readonly<Record<string, Rewrite>> = {
  unspaced,
  unwrapped,
  joined,
  lettersOnly,
  ...Object.fromEntries(
    [1, 2, 3, 4, 5, 6, 7, 8].map((size) => [`regrouped by ${size}`, regrouped(size)]),
  ),
}
