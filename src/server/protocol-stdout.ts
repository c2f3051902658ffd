import { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'

const FLUSH_MS = 1_000

/**
 * Takes stdout for the protocol alone: what it returns writes there, and whatever else writes to `stdout` (a library's
 * `console.log`) is dropped and reported, without its text. `release` gives stdout back.
 */
export function claimStdout(
  stdout: Writable,
  report: (line: string) => void,
): { readonly protocol: Writable; release(): Promise<void> } {
  const write = stdout.write.bind(stdout)
  const protocol = new Writable({
    decodeStrings: false,
    write(chunk: string | Uint8Array, encoding, done) {
      write(chunk, encoding, done)
    },
  })
  // Many answers may wait for a slow reader at once, and each of them listens for its turn.
  protocol.setMaxListeners(0)
  stdout.on('error', () => {
    // The same error reaches `protocol` through the write that failed; without a listener here it would end the process.
  })
  stdout.write = (chunk: unknown, ...rest: unknown[]): boolean => {
    const length = typeof chunk === 'string' || chunk instanceof Uint8Array ? chunk.length : 0
    report(
      `dropped ${length} characters that were written to stdout, which belongs to the protocol`,
    )
    const done = rest.at(-1)
    if (typeof done === 'function') process.nextTick(done)
    return true
  }
  return {
    protocol,
    async release() {
      // A pipe on Windows writes later; a reader that is gone, or reads nothing, is not waited for.
      const patience = setTimeout(() => protocol.destroy(), FLUSH_MS)
      await finished(protocol.end()).catch(() => {})
      clearTimeout(patience)
      stdout.write = write
    },
  }
}
