import { randomBytes } from 'node:crypto'
import { createAgentBlocks } from './agent-blocks.ts'
import { createCachedSecrets } from './cached-secrets.ts'
import { createCounters } from './counters.ts'
import { Database } from './database.ts'
import { createHeads } from './heads.ts'
import { createLeaseLedger } from './lease-ledger.ts'
import { createSecretRefreshes } from './secret-refreshes.ts'
import { createSeenConfig } from './seen-config.ts'
import type {
  AgentBlocks,
  CachedSecrets,
  Counters,
  Heads,
  LeaseLedger,
  SecretRefreshes,
  SeenConfig,
} from './state-port.ts'

/** All that is kept in `state.db`, which every process of this KEYHAND_STATE shares. */
export interface State {
  readonly counters: Counters
  readonly blocks: AgentBlocks
  readonly seen: SeenConfig
  readonly heads: Heads
  readonly leases: LeaseLedger
  readonly refreshes: SecretRefreshes
  readonly cached: CachedSecrets
  /** The key of the trail's masks: 32 random bytes, made at the first use. @throws BrokerError `state_unavailable`. */
  maskKey(): Promise<Uint8Array>
  /** Closes the file; what comes after is refused. */
  close(): void
}

/** Makes the state of a folder. Nothing is read or made before the first use. */
export function openState(options: {
  readonly folder: string
  /** Ms since the epoch. */
  now(): number
}): State {
  const database = new Database(options.folder, () => options.now())
  return {
    counters: createCounters(database),
    blocks: createAgentBlocks(database),
    seen: createSeenConfig(database),
    heads: createHeads(database),
    leases: createLeaseLedger(database),
    refreshes: createSecretRefreshes(database),
    cached: createCachedSecrets(database),
    maskKey: () =>
      database.write((transaction) => {
        transaction.run("INSERT OR IGNORE INTO meta VALUES ('mask_key', ?)", randomBytes(32))
        const value = transaction.get("SELECT value FROM meta WHERE name = 'mask_key'")?.['value']
        if (!(value instanceof Uint8Array)) throw new TypeError('the mask key is not bytes')
        return value
      }),
    close: () => database.close(),
  }
}
