import type { AuditEvent, AuditTrail } from '../audit/audit-event.ts'
import { canonicalJson, sha256Hex } from '../core/canonical-json.ts'
import { isRefusal } from '../core/refusal.ts'
import { diffRules, scopeRuleTexts } from '../core/scope-diff.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { SeenConfig } from '../state/state-port.ts'

const CATALOG = 'keyhand.yaml'
const MOST_LINES = 100

/** Records each change of a governing file once, whichever process sees it first. */
export interface ConfigRecorder {
  /** @throws BrokerError where state or trail cannot be written: then nothing may be performed. */
  record(snapshot: Snapshot): Promise<void>
}

export function createConfigRecorder(options: {
  readonly agent: string
  readonly homeId: string
  readonly seen: SeenConfig
  readonly trail: AuditTrail
}): ConfigRecorder {
  let last: Snapshot | null = null
  return {
    async record(snapshot) {
      if (snapshot === last) return
      for (const part of partsOf(snapshot)) await recordPart(part, snapshot, options)
      last = snapshot
    },
  }
}

interface Part {
  readonly file: string
  readonly hash: string | null
  /** Canonical lines of what the file grants or defines; null where it could not be read as right. */
  readonly lines: readonly string[] | null
}

async function recordPart(
  part: Part,
  snapshot: Snapshot,
  options: { agent: string; homeId: string; seen: SeenConfig; trail: AuditTrail },
): Promise<void> {
  // What a catalog defines under a profile is compared with what it defined under that profile before.
  const under = part.file === CATALOG && snapshot.profile !== null ? `#${snapshot.profile}` : ''
  const name = `${options.homeId}|${part.file}${under}`
  for (;;) {
    const known = await options.seen.get(name)
    if (known === null && part.hash === null) return
    if (known !== null && known.hash === part.hash) return
    const before = known === null ? [] : parseLines(known.data)
    // A file with a mistake grants nothing, so all that it granted before reads as removed.
    const after = part.lines ?? []
    const first = await options.seen.compareAndSet(
      name,
      known === null ? undefined : known.hash,
      part.hash,
      JSON.stringify(after),
    )
    if (!first) continue
    const { added, removed } = diffRules(before, after)
    const event: AuditEvent = {
      kind: 'config',
      agent: options.agent,
      ...(snapshot.profile === null ? {} : { profile: snapshot.profile }),
      config: snapshot.hashes,
      change: {
        file: part.file,
        before: known?.hash ?? null,
        after: part.hash,
        valid: part.hash === null || part.lines !== null,
        added: clip(added),
        removed: clip(removed),
      },
    }
    try {
      await options.trail.append(event)
    } catch (thrown) {
      // Not recorded, so not seen: the next call, of any process, tries again.
      await options.seen.compareAndSet(name, part.hash, known?.hash ?? null, known?.data ?? '[]')
      throw thrown
    }
    return
  }
}

function partsOf(snapshot: Snapshot): Part[] {
  const { hashes, scope, guardrails } = snapshot
  return [
    {
      file: CATALOG,
      hash: hashes.catalog,
      lines: snapshot.refusal === null ? catalogLines(snapshot) : null,
    },
    {
      file: `agents/${snapshot.agent}.yaml`,
      hash: hashes.scope,
      lines: isRefusal(scope) ? null : scopeRuleTexts(scope),
    },
    {
      file: 'policies',
      hash: hashes.policies,
      lines: isRefusal(guardrails)
        ? null
        : guardrails.map(({ file, text }) => `${file} ${sha256Hex(text)}`),
    },
  ]
}

// Names and hashes only: a setting may be private, and what it was stands in the admin's own version control.
function catalogLines(snapshot: Snapshot): string[] {
  const lines: string[] = []
  for (const [name, entry] of snapshot.secrets) {
    if (isRefusal(entry)) lines.push(`secret ${name} (with a mistake)`)
    else {
      const { redact, ...rest } = entry
      // It widens what the agent sees, so it is said, and not only that something has changed.
      const relaxed = redact === 'full' ? '' : ` (redact: ${redact})`
      const needs = entry.needs.map((one) => one.name)
      lines.push(`secret ${name}${relaxed} ${digest({ ...rest, position: null, needs })}`)
    }
  }
  for (const [name, entry] of snapshot.tools) {
    lines.push(
      isRefusal(entry)
        ? `tool ${name} (with a mistake)`
        : `tool ${name} ${digest({ ...entry, position: null })}`,
    )
  }
  return lines.sort()
}

function digest(value: object): string {
  return sha256Hex(canonicalJson(JSON.parse(JSON.stringify(value)))).slice(0, 16)
}

function parseLines(data: string): string[] {
  const parsed: unknown = JSON.parse(data)
  return Array.isArray(parsed) ? parsed.filter((line) => typeof line === 'string') : []
}

function clip(lines: readonly string[]): readonly string[] {
  return lines.length <= MOST_LINES
    ? lines
    : [...lines.slice(0, MOST_LINES), `and ${lines.length - MOST_LINES} more`]
}
