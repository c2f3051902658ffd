/** What the command's exit code says; part of its public interface (README, `keyhand --help`). */
export const EXIT = {
  /** Done; allowed; verified. */
  ok: 0,
  /** The answer is no: a call that would be refused, a trail that does not verify, a secret that does not resolve. */
  no: 1,
  /** The command line is wrong. */
  usage: 2,
  /** The catalog, a scope file or a guardrail has a mistake. */
  config: 3,
  /** A provider, the trail or the state cannot be reached, read or written: locked, denied, unreachable, full. */
  unavailable: 4,
  /** A bug in keyhand. */
  internal: 70,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]
