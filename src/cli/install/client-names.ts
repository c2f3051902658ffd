/** The clients that `keyhand install` knows. */
export const CLIENT_NAMES = [
  'claude-code',
  'claude-desktop',
  'cursor',
  'vscode',
  'codex',
  'gemini',
] as const

export type ClientName = (typeof CLIENT_NAMES)[number]
