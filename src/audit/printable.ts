// An escape sequence goes as a whole: CSI, OSC/DCS/APC/PM/SOS up to their end, and two-character ones.
const ESCAPE_SEQUENCE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]?/g

// Controls, invisible and bidirectional formatting, line separators, lone surrogates, private and unassigned characters.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]+/gu

/**
 * A text as one line that a terminal can be shown: no control characters, no escape sequences, nothing that reorders or
 * hides text. Each run of such characters becomes one U+FFFD, so that a reader sees that there was something.
 */
export function printable(text: string): string {
  return text.replace(ESCAPE_SEQUENCE, '\u0000').replace(UNPRINTABLE, '\u{FFFD}')
}
