/** What the provider asks of the ledger of lending tokens in state.db (`LeaseLedger` of state/state-port.ts has this shape). */
export interface Ledger {
  put(token: LedgerToken): Promise<void>
  extend(accessor: string, endsAt: number): Promise<void>
  remove(accessor: string): Promise<void>
  orphans(now: number): Promise<readonly LedgerToken[]>
}

export interface LedgerToken {
  readonly accessor: string
  readonly place: string
  readonly endsAt: number
}
