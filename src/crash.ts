/**
 * Installs the last resort, first of all: Node's own text of a crash shows the error's message, which may hold a value. Only the
 * kind of the error and the places in the code are shown.
 */
export function installCrashHandler(): void {
  const report = (thrown: unknown) => {
    process.stderr.write(`keyhand: internal error: ${crashText(thrown)}\n`)
    process.exit(70)
  }
  process.on('uncaughtException', report)
  process.on('unhandledRejection', report)
}

/** The kind of a thrown thing and its stack's places, without its message. */
export function crashText(thrown: unknown): string {
  if (!(thrown instanceof Error)) return `a ${typeof thrown} was thrown`
  const places = placesOf(thrown).filter((line) => /^\s+at /.test(line))
  const code =
    'code' in thrown && typeof thrown.code === 'string' && /^[A-Z_0-9]{1,40}$/.test(thrown.code)
      ? ` ${thrown.code}`
      : ''
  return [`${kindOf(thrown)}${code}`, ...places].join('\n')
}

/** What follows the message, which may have lines that look like places; nothing where the stack does not hold it as it is now. */
function placesOf({ stack = '', message }: Error): string[] {
  if (message === '') return /^\w+\n/.test(stack) ? stack.split('\n') : []
  const at = stack.indexOf(message)
  return at < 0 ? [] : stack.slice(at + message.length).split('\n')
}

// An error's `name` can be set to anything; its class is named in code.
function kindOf(thrown: Error): string {
  const name = thrown.constructor.name
  return /^[A-Za-z]{1,40}$/.test(name) ? name : 'Error'
}
