/** An agent's name: the file's name, `agent` inside it and `--agent` are the same. */
export const AGENT_NAME = /^[a-z][a-z0-9-]{0,39}$/

/** A tool's or secret's name in the catalog; the prefix `keyhand_` is reserved. */
export const CATALOG_NAME = /^(?!keyhand_)[a-z][a-z0-9_-]{0,39}$/

/** What a client says of itself. It is recorded, never trusted. */
export interface ClientInfo {
  readonly name: string
  readonly version: string
}
