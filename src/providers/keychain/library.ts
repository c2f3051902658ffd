import { BrokerError } from '../../core/errors.ts'
import { keychainFailure } from './failure.ts'

/** The part of keytar that is used. */
export interface Keytar {
  getPassword(service: string, account: string): Promise<string | null>
  setPassword(service: string, account: string, password: string): Promise<void>
  deletePassword(service: string, account: string): Promise<boolean>
}

/** The real library. Its named exports are not all there at run time, so the default import it is. */
export async function loadKeytar(): Promise<Keytar> {
  const { default: keytar } = await import('keytar')
  return keytar
}

/** Keytar, bounded: no call outlives its time, and a call that hangs is not followed by more of them. */
export interface Keychain {
  get(service: string, account: string, signal: AbortSignal): Promise<string | null>
  set(service: string, account: string, value: string, signal: AbortSignal): Promise<void>
  remove(service: string, account: string, signal: AbortSignal): Promise<boolean>
}

/** @throws BrokerError from every method, with the code of what is wrong; `secret_timeout` where nothing answered. */
export function boundedKeychain(options: {
  readonly load: () => Promise<Keytar>
  readonly timeoutMs: number
  /** Called once, when a call has been given up on. */
  readonly onHang: () => void
}): Keychain {
  let loaded: Promise<Keytar> | null = null
  // INVARIANT: keytar blocks a thread of libuv's pool of four. Once one hangs, no other is started before it has ended:
  // four of them would stop every file access of the process.
  let hanging = 0

  async function bounded<T>(signal: AbortSignal, call: (keytar: Keytar) => Promise<T>): Promise<T> {
    if (signal.aborted) throw cancelled()
    if (hanging > 0) throw timedOut('an earlier call to the OS keychain still hangs')
    loaded ??= options.load()
    let work: Promise<T>
    try {
      work = call(await loaded)
    } catch (thrown) {
      loaded = null
      throw keychainFailure(thrown)
    }
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    // The call goes on where its caller has left, so its time does too.
    const timer = setTimeout(() => {
      hanging += 1
      work.then(ended, ended)
      options.onHang()
      reject(timedOut(`the OS keychain did not answer within ${options.timeoutMs / 1000} s`))
    }, options.timeoutMs)
    timer.unref()
    const onAbort = () => reject(cancelled())
    signal.addEventListener('abort', onAbort, { once: true })
    const settled = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    }
    work.then(settled, settled)
    work.then(resolve, (thrown: unknown) => reject(keychainFailure(thrown)))
    return promise
  }

  function ended(): void {
    hanging -= 1
  }

  return {
    get: (service, account, signal) =>
      bounded(signal, (keytar) => keytar.getPassword(service, account)),
    set: (service, account, value, signal) =>
      bounded(signal, (keytar) => keytar.setPassword(service, account, value)),
    remove: (service, account, signal) =>
      bounded(signal, (keytar) => keytar.deletePassword(service, account)),
  }
}

function cancelled(): BrokerError {
  return new BrokerError('cancelled', 'the fetch was cancelled')
}

function timedOut(message: string): BrokerError {
  return new BrokerError('secret_timeout', message, {
    fix: 'Look for a prompt of the keychain that waits for an answer (it may be on another screen), then try again.',
  })
}

/**
 * Ends the process with its exit code although a thread hangs in the keychain: Node's own exit waits for that thread, for
 * ever (tried). To be run as the last `exit` listener.
 */
export function exitDespiteHang(): void {
  process.once('exit', (code) => {
    if (process.platform !== 'win32' && typeof process.execve === 'function') {
      process.execve('/bin/sh', ['sh', '-c', `exit ${Number(code)}`], {})
    }
    process.kill(process.pid, 'SIGKILL')
  })
}
