import { composeFamilies, composeRecords, refreshKey } from '../../compose.ts'
import { BrokerError } from '../../core/errors.ts'
import { withRecord } from '../admin-record.ts'
import { openCatalog } from '../catalog-file.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { requireEntry } from './entry.ts'

export interface RefreshOptions {
  readonly all?: boolean
}

/** `keyhand secret refresh NAME...`: no process of this user uses what it has in memory any more; the next call fetches anew. */
export async function secretRefresh(
  io: Io,
  names: readonly string[],
  { all = false }: RefreshOptions,
): Promise<ExitCode> {
  if (all ? names.length > 0 : names.length === 0) {
    throw new BrokerError('usage', 'either the names of secrets or `--all` is to be given')
  }
  const catalog = await openCatalog(io.places.home, composeFamilies(io))
  const wanted = all
    ? [...catalog.secrets.keys()]
    : [...new Set(names)].map((name) => requireEntry(catalog, name).name)
  const change = { secrets: wanted }
  await withRecord(io, { what: 'secret refresh', change }, async () => {
    const { state, close } = await composeRecords(io.places)
    try {
      for (const name of wanted) await state.refreshes.refresh(refreshKey(io.places, name))
      return { result: null }
    } finally {
      await close()
    }
  })
  io.say(`The next call that needs it fetches anew: ${wanted.join(', ') || 'nothing'}.`)
  io.data({ refreshed: wanted })
  return EXIT.ok
}
