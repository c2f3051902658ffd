import { BrokerError } from '../../core/errors.ts'
import { isJsonObject } from '../../core/json.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import type { Shown } from './demo-client.ts'

/** Tells what happens, checks it, and looks for the key in everything that is shown, before it is shown. */
export class Story {
  readonly #io: Io
  readonly #forms: readonly string[]
  readonly #checks: { readonly what: string; readonly right: boolean }[] = []
  #chapters = 0

  constructor(io: Io, key: string) {
    this.#io = io
    this.#forms = formsOf(key)
  }

  title(text: string): void {
    this.#say(text)
  }

  chapter(title: string): void {
    this.#chapters += 1
    this.#say(`\n\n${this.#chapters}  ${title}`)
  }

  /** A file that matters. */
  file(name: string, text: string): void {
    this.#say(`\n   ${name}\n${quoted(text.trimEnd())}`)
  }

  /** A command that was run, and what it said. */
  shell(command: string, output: string): void {
    this.#say(`\n   $ ${command}\n${quoted(output)}`)
  }

  /** What the agent asks for. */
  asks(call: string): void {
    this.#say(`\n   the agent calls  ${call}`)
  }

  /** What the model is shown, all of it. */
  sees(shown: Shown): void {
    if (this.holdsKey(JSON.stringify(shown.all))) throw leaked()
    this.#say(quoted(readable(shown.text)))
  }

  check(what: string, right: boolean): void {
    this.#checks.push({ what, right })
    this.#say(`   ${right ? '✓' : '✗'} ${what}`)
  }

  /** True where a text has the key, raw, in hex, or in base64 at any alignment. */
  holdsKey(text: string): boolean {
    return this.#forms.some((form) => text.includes(form))
  }

  /** Says how it went; the exit code follows. */
  end(): ExitCode {
    const failed = this.#checks.filter(({ right }) => !right)
    const total = this.#checks.length
    this.#io.say(
      failed.length === 0
        ? `\nAll ${total} checks hold. Now with a key of your own: keyhand init`
        : `\n${failed.length} of ${total} checks FAILED:`,
    )
    for (const { what } of failed) this.#io.say(`   ✗ ${what}`)
    this.#io.data({ ok: failed.length === 0, checks: this.#checks })
    return failed.length === 0 ? EXIT.ok : EXIT.no
  }

  #say(text: string): void {
    if (this.holdsKey(text)) throw leaked()
    this.#io.say(text)
  }
}

function leaked(): BrokerError {
  return new BrokerError('internal', 'the demo found the key in what it was about to show')
}

function formsOf(key: string): readonly string[] {
  const base64 = ['', 'x', 'xx'].flatMap((before) =>
    (['base64', 'base64url'] as const).map((form) =>
      // Without the ends, which depend on what stands around it.
      Buffer.from(`${before}${key}`).toString(form).slice(4, -4),
    ),
  )
  return [key, Buffer.from(key).toString('hex'), ...base64]
}

/** An answer in JSON has a line for each of its fields. */
function readable(text: string): string {
  try {
    const data: unknown = JSON.parse(text)
    if (!isJsonObject(data)) return text
    const width = Math.max(...Object.keys(data).map((name) => name.length))
    return Object.entries(data)
      .map(([name, value]) => `${name.padEnd(width)}  ${JSON.stringify(value)}`)
      .join('\n')
  } catch {
    return text
  }
}

function quoted(text: string): string {
  return text
    .split('\n')
    .map((line) => `   │ ${line}`)
    .join('\n')
}
