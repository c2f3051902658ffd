import { composeFamilies } from '../../compose.ts'
import type { Io } from '../io.ts'
import { type DoctorCheck, type DoctorFinding, failure, good, note, warning } from './check.ts'
import { compareClocks } from './clock.ts'
import { placeAddress } from './place-address.ts'
import { isOutage, placeKey, type Reading, type Readings } from './readings.ts'

/** Every place that the catalog uses: whether it is reachable and logged in, its clock, and how long one fetch takes. */
export function providersCheck(readings: Readings): DoctorCheck {
  return {
    name: 'Providers',
    async run(io, signal) {
      const places = Map.groupBy(await readings(io, signal), placeKey)
      if (places.size === 0) return [note('the catalog uses none')]
      const { providers } = composeFamilies(io)
      const found = [...places.values()].map(async (group) => {
        const [first] = group
        if (first === undefined) return []
        // Remote are those whose values are kept for a while where the catalog does not say.
        const remote = (providers.get(first.entry.provider)?.defaults.cacheMs ?? 0) > 0
        return remote
          ? ofRemote(io, group, labelOf(io, first))
          : [ofLocal(group, labelOf(io, first))]
      })
      return (await Promise.all(found)).flat()
    },
  }
}

async function ofRemote(
  io: Io,
  group: readonly Reading[],
  label: string,
): Promise<readonly DoctorFinding[]> {
  const one = telling(group)
  if (one === null) return []
  const { problem, entry } = one
  if (problem !== null && isOutage(problem)) {
    return [failure(`${label}: not reachable: ${problem.message}`, problem.fix)]
  }
  const { word, skew } = await compareClocks(io, entry, label)
  const say = (level: typeof failure, what: string) => {
    const text = `${label}: ${what}; ${word}`
    const found = problem === null ? good(text) : level(`${text}: ${problem.message}`, problem.fix)
    return skew === null ? [found] : [found, skew]
  }
  switch (problem?.code) {
    case undefined:
      return say(failure, `reachable, logged in, one fetch took ${one.ms} ms (${entry.name})`)
    case 'secret_not_logged_in':
      return say(failure, 'reachable, not logged in')
    case 'secret_locked':
      return say(failure, 'reachable, locked')
    case 'secret_denied':
      return say(failure, 'reachable, and refuses what the catalog asks for')
    case 'secret_throttled':
      return say(warning, 'reachable, and asks to be left alone')
    case 'secret_not_found':
      return say(warning, 'reachable, logged in, and has nothing of what the catalog names')
    default:
      return say(failure, 'cannot be used')
  }
}

function ofLocal(group: readonly Reading[], label: string): DoctorFinding {
  const one = telling(group)
  const problem = one?.problem ?? null
  if (one === null || problem === null) {
    return good(`${label}: works, one fetch took ${one?.ms ?? 0} ms (${one?.entry.name ?? ''})`)
  }
  switch (problem.code) {
    case 'secret_not_found':
      return warning(`${label}: has nothing of what the catalog names`, problem.fix)
    case 'secret_locked':
      return failure(`${label}: locked: ${problem.message}`, problem.fix)
    default:
      return failure(`${label}: cannot be used: ${problem.message}`, problem.fix)
  }
}

/** What says the most of a place: a secret that it gave, else what it said of another before "there is no such thing". */
function telling(group: readonly Reading[]): Reading | null {
  return (
    group.find(({ problem }) => problem === null) ??
    group.find(({ problem }) => problem?.code !== 'secret_not_found') ??
    group[0] ??
    null
  )
}

/** `prod-vault (vault) at vault.example.com:8200`. */
function labelOf({ env }: Io, { entry }: Reading): string {
  const { provider, instance } = entry
  const name = instance === provider ? provider : `${instance} (${provider})`
  const place = placeAddress(entry, env)
  if (place === null || !place.shown || !URL.canParse(place.url)) return name
  return `${name} at ${new URL(place.url).host}`
}
