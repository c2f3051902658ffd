import { probeKeychain } from '../compose-owner.ts'
import type { BrokerError } from '../core/errors.ts'
import type { Io } from './io.ts'

const probes = new WeakMap<Io, Promise<BrokerError | null>>()

/** What stands between this command and the OS keychain; null where it works. It is tried once: a hang takes seconds. */
export async function keychainProblem(io: Io): Promise<BrokerError | null> {
  const probe = probes.get(io) ?? probeKeychain(io, new AbortController().signal)
  probes.set(io, probe)
  return probe
}
