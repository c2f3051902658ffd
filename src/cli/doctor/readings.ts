import { composeFamilies } from '../../compose.ts'
import { composeSecretReports, placeOfEntry, type SecretReport } from '../../compose-owner.ts'
import { asBrokerError, BrokerError } from '../../core/errors.ts'
import { withRecord } from '../admin-record.ts'
import type { Io } from '../io.ts'
import { type CatalogSecret, catalogSecrets } from './catalog-secrets.ts'
import { placeAddress } from './place-address.ts'

/** What became of one secret when it was read. */
export interface Reading extends CatalogSecret {
  /** How long its fetch took, in ms, with what its provider had to do before it: logging in. */
  readonly ms: number
  readonly report: SecretReport | null
  /** Null where it resolves. */
  readonly problem: BrokerError | null
}

/** Reads every secret of the catalog once, however many checks ask. */
export type Readings = (io: Io, signal: AbortSignal) => Promise<readonly Reading[]>

export function createReadings(): Readings {
  let reading: Promise<readonly Reading[]> | null = null
  return (io, signal) => {
    reading ??= readAll(io, signal)
    return reading
  }
}

/** One place of one provider: what is said of it holds for all its secrets. */
export function placeKey({ entry }: CatalogSecret): string {
  const { provider, instance } = entry
  return JSON.stringify([provider, instance, placeAddress(entry, {})?.url ?? null])
}

async function readAll(io: Io, signal: AbortSignal): Promise<readonly Reading[]> {
  const secrets = await catalogSecrets(io)
  if (secrets.length === 0) return []
  const names = [...new Set(secrets.map(({ entry }) => entry.name))]
  // Values are read, so the trail says it.
  return withRecord(io, { what: 'doctor', change: { secrets: names } }, async () => {
    const families = composeFamilies(io)
    const look = await composeSecretReports(families)
    try {
      const places = Map.groupBy(secrets, placeKey)
      const done = new Map<CatalogSecret, Reading>()
      const reading = [...places.values()].map(async (group) => {
        const down = new Map<string, BrokerError>()
        for (const one of group) {
          const place = placeOfEntry(families, one.entry)
          const begun = performance.now()
          const read: SecretReport | BrokerError =
            down.get(place) ??
            (await look(one.entry, signal).catch((thrown: unknown) => named(thrown, signal)))
          const ms = Math.round(performance.now() - begun)
          const problem: BrokerError | null = read instanceof BrokerError ? read : null
          // A place that is down is asked once: nobody waits for it again and again.
          if (problem !== null && isOutage(problem)) down.set(place, problem)
          const report = read instanceof BrokerError ? null : read
          done.set(one, { ...one, ms, report, problem })
        }
      })
      await Promise.all(reading)
      return { result: secrets.flatMap((one) => done.get(one) ?? []) }
    } finally {
      await look.close()
    }
  })
}

/** Where the time of the whole check was over, that is what happened. */
function named(thrown: unknown, signal: AbortSignal): BrokerError {
  const error = asBrokerError(thrown)
  return error.code === 'cancelled' && signal.aborted
    ? new BrokerError('secret_timeout', 'it did not answer before the time of this check was over')
    : error
}

export function isOutage({ code }: BrokerError): boolean {
  return code === 'secret_unreachable' || code === 'secret_timeout'
}
