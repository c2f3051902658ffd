import type { z } from 'zod'
import type { Action } from '../core/action.ts'
import type { Secret } from '../core/secret.ts'

/** A request that is final but for its credential: canonical, decided, addressed. */
export interface OutgoingRequest {
  /** Scheme, host and port, of the catalog. */
  readonly origin: string
  readonly method: string
  /** As it goes on the wire: base path and path, escaped, without the query. */
  readonly path: string
  /** Pairs, not yet encoded. */
  readonly query: readonly (readonly [string, string])[]
  /** Pairs, names in lower case. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Uint8Array | null
}

/** The values that a call may use, by the catalog's names. */
export interface SecretValues {
  /**
   * @param name a secret of the catalog, or one of its fields: `orders_login.password`.
   * @param field the field of a secret that has several; the one in `name`, else `value`, where it is left out.
   * @throws BrokerError `secret_invalid` where the secret has no such field, naming those that it has.
   */
  get(name: string, field?: string): Secret
}

export interface AuthContext {
  readonly action: Action
  readonly secrets: SecretValues
  /** Ms since the epoch. */
  readonly now: number
  readonly signal: AbortSignal
  /** Registers a derived or minted value (an access token, a basic-auth pair) for redaction, before anything parses it. */
  register(secret: Secret): void
}

export interface AppliedAuth {
  readonly request: OutgoingRequest
}

/** Names that an auth scheme sets, in lower case. */
export interface SetNames {
  readonly headers: readonly string[]
  readonly query: readonly string[]
}

/**
 * A way to put secrets on a request that is already final.
 *
 * `apply` changes nothing but where the credential goes, and throws `secret_invalid` for a value that cannot go there
 * (a line break in a header): it never repairs one.
 */
export interface AuthScheme<Settings = unknown> {
  /** The word in the catalog's `auth.type`. */
  readonly type: string
  /** One line for docs. */
  readonly description: string
  /** What the catalog's `auth` says; a strict object with `type`. */
  readonly settings: z.ZodType<Settings>
  /** The catalog's names of the secrets that these settings need. */
  secrets(settings: Settings): readonly string[]
  /** What the scheme itself puts on the request, names in lower case: nobody else may set it. */
  sets(settings: Settings): SetNames
  apply(request: OutgoingRequest, settings: Settings, context: AuthContext): Promise<AppliedAuth>
}
