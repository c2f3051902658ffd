import { composeFamilies } from '../../compose.ts'
import { isRefusal } from '../../core/refusal.ts'
import type { SecretEntry } from '../../core/snapshot.ts'
import { openCatalog } from '../catalog-file.ts'
import type { Io } from '../io.ts'

/** The secrets of the catalog that are right; none where it cannot be read, which the check of the files says. */
export async function catalogSecrets(io: Io): Promise<readonly SecretEntry[]> {
  const catalog = await openCatalog(io.places.home, composeFamilies(io)).catch(() => null)
  if (catalog === null) return []
  return [...catalog.secrets.values()].flatMap((entry) => (isRefusal(entry) ? [] : [entry]))
}
