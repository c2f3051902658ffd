import type { Limit } from '../core/rule.ts'

/** One counter to be taken from. */
export interface CounterUse {
  /** Agent + tool, or agent + tool + the rule's key. */
  readonly key: string
  readonly limit: Limit
}

/** Counts attempts over sliding windows, across processes. */
export interface Counters {
  /**
   * Takes one from every counter, or from none: null where all had room, else the limit that is used up and how long until
   * it has room again, in ms.
   *
   * @throws BrokerError `state_unavailable`.
   */
  take(
    uses: readonly CounterUse[],
    now: number,
  ): Promise<{ readonly limit: Limit; readonly retryAfterMs: number } | null>
}

/** Agents that are stopped for probing, until an admin clears them. */
export interface AgentBlocks {
  /** Null where the agent may call. @throws BrokerError `state_unavailable`. */
  blocked(agent: string): Promise<{ readonly since: number; readonly reason: string } | null>
  block(agent: string, reason: string, now: number): Promise<void>
  /** True where it was blocked. */
  unblock(agent: string): Promise<boolean>
  /** Adds `count` strikes of a kind and answers how many there were in the last `windowMs`. */
  strike(
    agent: string,
    kind: 'input' | 'partial',
    count: number,
    now: number,
    windowMs: number,
  ): Promise<number>
}

/**
 * Tells every process that a secret is to be fetched anew: a number that grows, looked at before what is in memory is used.
 *
 * @throws BrokerError `state_unavailable`, from both.
 */
export interface SecretRefreshes {
  /** @param secret home and name, since homes may share a state folder. */
  generation(secret: string): Promise<number>
  refresh(secret: string): Promise<void>
}

/** Which secret: what the catalog calls it, and what it named by that. */
export interface SecretKey {
  /** Home and name, since homes may share a state folder. */
  readonly secret: string
  /** A digest of where the value lives: another place under the same name is another value. */
  readonly reference: string
}

/** What processes have in memory, for whoever asks about them. INVARIANT: times alone, never a value. */
export interface CachedSecrets {
  /** What this process fetched, in place of what it noted before. Times in ms since the epoch. */
  note(
    key: SecretKey,
    fetched: {
      /** That of `SecretRefreshes` for which it was fetched. */
      readonly generation: number
      readonly at: number
      /** Until when it is used without asking again; `at` where it is not kept. */
      readonly endsAt: number
      /** When its version was made; null where the provider does not say. */
      readonly createdAt: number | null
    },
  ): Promise<void>
  /** This process no longer uses what it noted. */
  drop(key: SecretKey, now: number): Promise<void>
  /** Until when a process that still runs uses a value; when the version that was fetched last was made. */
  look(
    key: SecretKey,
    now: number,
  ): Promise<{ readonly cachedUntil: number | null; readonly createdAt: number | null }>
}

/** What was last recorded of a file, so that one change is one record, whichever process sees it first. */
export interface SeenConfig {
  /** What is known under that name; null where nothing is. */
  get(name: string): Promise<{ readonly hash: string | null; readonly data: string } | null>
  /** Sets it where the known hash is still `expected` (undefined: nothing known yet); false where another was first. */
  compareAndSet(
    name: string,
    expected: string | null | undefined,
    hash: string | null,
    data: string,
  ): Promise<boolean>
}

/** The newest record of a trail file. */
export interface Head {
  readonly file: string
  readonly seq: number
  readonly hash: string
}

/** Heads of the trail files, and which of them a later file has named. */
export interface Heads {
  put(head: Head): Promise<void>
  all(): Promise<readonly (Head & { readonly named: boolean })[]>
  /** Heads of files that no file has named yet; marks them as named by `by`, in one transaction. */
  claimUnnamed(by: string): Promise<readonly Head[]>
}

/** A token that leases hang on: what ends it ends them. */
export interface LendingToken {
  /** Its handle, with which it can be ended and not used. */
  readonly accessor: string
  /** Whose it is: server and login, in the provider's own words. */
  readonly place: string
  /** When it ends by itself unless it is renewed, in ms since the epoch. */
  readonly endsAt: number
}

/** Which process has which tokens, so that what a dead one left can be given back. */
export interface LeaseLedger {
  /** Notes a token of this process: it survives a power cut before this resolves. @throws BrokerError `state_unavailable`. */
  put(token: LendingToken): Promise<void>
  /** It was renewed. */
  extend(accessor: string, endsAt: number): Promise<void>
  /** It is gone. */
  remove(accessor: string): Promise<void>
  /** Tokens whose process is dead. Where that cannot be told (another host or container), those whose time is over. */
  orphans(now: number): Promise<readonly LendingToken[]>
}
