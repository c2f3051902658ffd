import type { Approver } from '../approval/approver.ts'
import type { AuditTrail } from '../audit/audit-event.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { PolicyEngine } from '../policy/policy-engine.ts'
import type { Redactor } from '../redaction/redaction-port.ts'
import type { SecretKeeper } from '../secrets/keeper.ts'
import type { SecretResolver } from '../secrets/resolver.ts'
import type { AgentBlocks, Counters, SeenConfig } from '../state/state-port.ts'
import type { ToolType } from '../tools/tool-type.ts'

/** The parts that one agent's broker is made of, and the world, given by `compose.ts`. */
export interface BrokerOptions {
  readonly agent: string
  /** The configuration of this moment; the same object while nothing changed. */
  snapshot(): Promise<Snapshot>
  readonly toolTypes: ReadonlyMap<string, ToolType>
  readonly policy: PolicyEngine
  readonly resolver: SecretResolver
  readonly keeper: SecretKeeper
  readonly redactor: Redactor
  readonly trail: AuditTrail
  readonly counters: Counters
  readonly blocks: AgentBlocks
  readonly seen: SeenConfig
  /** Tells this home from others that share the state folder. */
  readonly homeId: string
  /** Null where no way to ask a human is set up. */
  readonly approver: Approver | null
  /** Ms since the epoch. */
  now(): number
  /** A UUIDv7. */
  newCallId(): string
}
