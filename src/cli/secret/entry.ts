import type { Catalog } from '../../config/catalog.ts'
import { didYouMean } from '../../config/wording.ts'
import { CATALOG_NAME } from '../../core/agent.ts'
import { BrokerError } from '../../core/errors.ts'
import type { SecretEntry } from '../../core/snapshot.ts'
import { entryOf } from '../catalog-file.ts'

/** An entry that must be there. @throws BrokerError `usage`; INVARIANT: what cannot be a name is not said again. */
export function requireEntry(catalog: Catalog, name: string): SecretEntry {
  if (!CATALOG_NAME.test(name)) {
    throw new BrokerError('usage', 'that cannot be the name of a secret', {
      fix: 'See `keyhand secret list`.',
    })
  }
  const entry = entryOf(catalog, name)
  if (entry !== null) return entry
  const near = didYouMean(name, catalog.secrets.keys())
  throw new BrokerError('usage', `the catalog has no secret \`${name}\``, {
    fix: near === null ? 'See `keyhand secret list`.' : `${near}?`,
  })
}
