import { createInterface } from 'node:readline/promises'
import password from '@inquirer/password'
import { BrokerError } from '../core/errors.ts'

/** Asks for a line that is neither shown nor masked character by character: its length is nobody's business. */
export async function askHidden(question: string): Promise<string> {
  try {
    // `toggleMask` would let a key stroke show the value.
    return await password(
      { message: question, mask: false, toggleMask: false },
      { input: process.stdin, output: process.stderr },
    )
  } catch {
    throw cancelled()
  }
}

/** Asks for yes or no. */
export async function askConfirm(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  const left = new AbortController()
  lines.once('SIGINT', () => left.abort())
  lines.once('close', () => left.abort())
  try {
    const answer = await lines.question(`${question} [y/N] `, { signal: left.signal })
    return /^\s*y(es)?\s*$/i.test(answer)
  } catch {
    throw cancelled()
  } finally {
    lines.close()
  }
}

function cancelled(): BrokerError {
  return new BrokerError('cancelled', 'cancelled; nothing was changed')
}
