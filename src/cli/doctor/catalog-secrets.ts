import { composeFamilies } from '../../compose.ts'
import { isRefusal } from '../../core/refusal.ts'
import { positionText } from '../../core/rule.ts'
import type { SecretEntry } from '../../core/snapshot.ts'
import { openCatalog } from '../catalog-file.ts'
import type { Io } from '../io.ts'

/** A secret as the catalog has it, or as one of its profiles has it instead. */
export interface CatalogSecret {
  readonly entry: SecretEntry
  /** Null for the catalog as it stands. */
  readonly profile: string | null
}

/** The secrets of the catalog and of its profiles that are right; none where it cannot be read, which the check of the files says. */
export async function catalogSecrets(io: Io): Promise<readonly CatalogSecret[]> {
  const catalog = await openCatalog(io.places.home, composeFamilies(io)).catch(() => null)
  if (catalog === null) return []
  const seen = new Set<string>()
  const found: CatalogSecret[] = []
  const layers = [
    { profile: null, secrets: catalog.secrets },
    ...[...catalog.profiles].map(([profile, { secrets }]) => ({ profile, secrets })),
  ]
  for (const { profile, secrets } of layers) {
    for (const entry of secrets.values()) {
      if (isRefusal(entry)) continue
      // A profile has each secret that it does not change as the catalog has it.
      const written = `${entry.name} ${positionText(entry.position)}`
      if (seen.has(written)) continue
      seen.add(written)
      found.push({ entry, profile })
    }
  }
  return found
}
