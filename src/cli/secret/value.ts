import type { Readable } from 'node:stream'
import { BrokerError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import type { Io } from '../io.ts'

/** More than any key or certificate chain has. */
const MAX_BYTES = 256 * 1024

export interface ValueOptions {
  readonly fromEnv?: string
  readonly keepNewline?: boolean
}

/** A value that somebody gave, and what they may be told of it. */
export interface GivenValue {
  readonly secret: Secret
  readonly characters: number
  /** What is unusual about it, for a warning. */
  readonly notes: string[]
}

/**
 * Takes a value from the environment variable that is named, from a hidden prompt, or from stdin where that is no terminal.
 *
 * @throws BrokerError `usage` where there is nowhere to take it from, `secret_invalid` where it is empty or no text.
 */
export async function takeValue(io: Io, name: string, options: ValueOptions): Promise<GivenValue> {
  const notes: string[] = []
  let text: string
  if (options.fromEnv !== undefined) {
    const found = io.env[options.fromEnv]
    if (found === undefined) {
      // INVARIANT: not named, since what stands there may be the value itself.
      throw new BrokerError(
        'usage',
        'there is no environment variable of the name that `--from-env` says',
        {
          fix: 'Write the name of the variable, not its value, and export it.',
        },
      )
    }
    text = found
  } else if (io.terminal !== null) {
    text = await io.terminal.hidden(`Value of ${name} (hidden, one line):`)
  } else {
    const given = await readText(io.stdin)
    text = options.keepNewline === true ? given : given.replace(/\r?\n$/, '')
    if (text !== given) notes.push('the newline at its end was left out; `--keep-newline` keeps it')
  }
  if (text === '') {
    throw new BrokerError('secret_invalid', 'the value is empty; nothing was changed')
  }
  // A newline at the end was asked for, or is a part of a file.
  if (/^\s|[^\S\n]$/.test(text)) notes.push('it starts or ends with white space, which is kept')
  return { secret: new Secret(name, text), characters: Array.from(text).length, notes }
}

/** One line of stdin or of a hidden prompt, for a passphrase. */
export async function takePassphrase(io: Io, question: string): Promise<Secret> {
  const text =
    io.terminal === null
      ? (await readText(io.stdin)).replace(/\r?\n$/, '')
      : await io.terminal.hidden(question)
  if (text === '') throw new BrokerError('usage', 'the passphrase is empty')
  return new Secret('passphrase', text)
}

async function readText(stdin: Readable & { readonly isTTY?: boolean }): Promise<string> {
  // What is typed here would be shown.
  if (stdin.isTTY === true) {
    throw new BrokerError('usage', 'there is no terminal to ask on: stderr is redirected', {
      fix: 'Leave stderr on the terminal, pipe the value into stdin, or use `--from-env VAR`.',
    })
  }
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of stdin) {
    const piece = chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk))
    bytes += piece.length
    if (bytes > MAX_BYTES) {
      throw new BrokerError('secret_invalid', `stdin gave more than ${MAX_BYTES / 1024} KiB`)
    }
    chunks.push(piece)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks))
  } catch {
    throw new BrokerError('secret_invalid', 'what stdin gave is not UTF-8', {
      fix: 'Encode a binary value as text first, for example in base64.',
    })
  }
}
