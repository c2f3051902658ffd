import type { ClientInfo } from '../core/agent.ts'
import type { ConfigHashes } from '../core/snapshot.ts'
import type { Head } from '../state/state-port.ts'

export type AuditKind = 'open' | 'intent' | 'outcome' | 'refused' | 'config' | 'admin'

/** A secret that a call used or registered, by name. */
export interface SecretUse {
  readonly name: string
  readonly provider: string
  /** The name of its entry in the catalog's `providers`, where that is not the provider's own. */
  readonly instance?: string
  readonly version: string | null
}

/**
 * What is to be recorded; the sink adds `v`, `seq`, `prev`, `hash`, `time`, `os_user` and `pid`.
 *
 * INVARIANT: never in it: values, query values, header values, bodies, results. A field that says nothing is left out.
 */
export interface AuditEvent {
  readonly kind: AuditKind
  /** UUIDv7. */
  readonly call?: string
  readonly agent?: string
  /** The profile of the catalog that the agent runs under; left out where it runs under none. */
  readonly profile?: string
  /** Clipped to 64 characters each by the sink. */
  readonly client?: ClientInfo
  /** The MCP era that the client speaks. */
  readonly era?: string
  readonly tool?: string
  /** The action's id. */
  readonly action?: string
  readonly verb?: string
  readonly target?: string
  /** In an intent with what looks like a credential as a keyed hash (`maskPath`); in an outcome redacted by value. */
  readonly path?: string
  readonly decision?: 'allow' | 'deny' | 'approval'
  /** `file:line:column` of the rules that said so. */
  readonly rules?: readonly string[]
  readonly config?: ConfigHashes
  readonly secrets?: readonly SecretUse[]
  /** Names of secrets that should have been registered for redaction and could not be read. */
  readonly unwatched?: readonly string[]
  /** Names of secrets whose time was over, and that were used because their provider could not be reached. */
  readonly stale?: readonly string[]
  /** From 1; each further try after a refused credential adds one. */
  readonly attempt?: number
  /** The upstream's status. */
  readonly status?: number
  readonly bytes?: number
  /** Number of replacements by name of secret. */
  readonly redactions?: { readonly [name: string]: number }
  /** Credentials that the upstream made: how many were withheld, and the secrets that one was stored as. */
  readonly minted?: {
    readonly withheld: number
    readonly stored: readonly string[]
    /** Why one could not be stored. */
    readonly error?: string
  }
  /** Ms from the call's start. */
  readonly ms?: number
  /** Why, for the admin. */
  readonly reason?: string
  readonly error?: { readonly code: string }
  /** `config` and `admin` records: what changed. */
  readonly change?: {
    readonly [name: string]: string | number | boolean | null | readonly string[]
  }
  /** `open` records: the newest records of other files that no file has named yet. */
  readonly heads?: readonly Head[]
}

/** One line of a trail: RFC 8785 JSON of these fields and those of the event. */
export interface AuditRecord extends AuditEvent {
  readonly v: 1
  /** From 1, in its file. */
  readonly seq: number
  /** The `hash` of the record before it; 64 zeros in the first. */
  readonly prev: string
  /** SHA-256 of the RFC 8785 form of the record without `hash`. */
  readonly hash: string
  /** RFC 3339, ms, UTC. */
  readonly time: string
  readonly os_user: string
  readonly pid: number
}

/** Where records go. */
export interface AuditTrail {
  /**
   * Appends one record and resolves when it is durable (synced).
   *
   * @throws BrokerError `audit_unavailable`: the record is not durable. The caller must not perform what it was about to.
   */
  append(event: AuditEvent): Promise<void>
  /** A segment of a path that looks like a credential becomes a keyed hash; for intents and refusals. */
  maskPath(path: string): Promise<string>
  /** Waits until all that was appended is durable, and closes. */
  close(): Promise<void>
}
