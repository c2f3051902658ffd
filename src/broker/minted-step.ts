import type { AuditEvent } from '../audit/audit-event.ts'
import { asBrokerError, type BrokerError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import { isRefusal } from '../core/refusal.ts'
import { Secret } from '../core/secret.ts'
import type { MintedRule, Snapshot } from '../core/snapshot.ts'
import { bitsOf } from '../minted/field-value.ts'
import type * as Recognise from '../minted/recognise.ts'
import type { MintedValue, Recognised } from '../minted/recognise.ts'
import type { Redactor } from '../redaction/redaction-port.ts'
import type { SecretKeeper } from '../secrets/keeper.ts'
import type { CallRedaction, WithoutMinted } from '../tools/tool-type.ts'

/** The name that redaction gives what was withheld and comes again; no secret of a catalog can have it. */
const WITHHELD_NAME = 'keyhand_minted'
/** What an upstream makes up must not fill the registry, nor put words into it that agents use. */
const MOST_REGISTERED = 1_000
const SHORTEST_REGISTERED = 16
const BITS_REGISTERED = 64

/** A shorter one is no credential: it would be taken for one wherever it stands. */
const SHORTEST_STORED = 8

/** What was minted in one performed action, and what became of it. */
export interface MintedStep extends Pick<CallRedaction, 'mintedJson' | 'mintedText'> {
  /** For the outcome record; empty where there was nothing. */
  readonly outcome: Pick<AuditEvent, 'minted'>
}

/** Makes the steps of one process's calls. */
export interface MintedGuard {
  step(rule: MintedRule, snapshot: Pick<Snapshot, 'secrets'>): MintedStep
}

export function createMintedGuard(options: {
  readonly redactor: Redactor
  readonly keeper: SecretKeeper
}): MintedGuard {
  const { redactor, keeper } = options
  const registered = new Set<string>()
  let loaded: typeof Recognise | null = null

  /** Loaded with the first answer; an `import` that is known by then still costs each call. */
  async function recogniser(): Promise<typeof Recognise> {
    loaded ??= await import('../minted/recognise.ts')
    return loaded
  }

  /** Where it comes again, in whatever encoding, redaction knows it. */
  function register(value: string): void {
    if (registered.has(value) || registered.size >= MOST_REGISTERED) return
    if (value.length < SHORTEST_REGISTERED || bitsOf(value) < BITS_REGISTERED) return
    registered.add(value)
    redactor.register(new Secret(WITHHELD_NAME, value))
  }

  return {
    step(rule, snapshot) {
      let withheld = 0
      const stored: string[] = []
      let problem: BrokerError | null = null

      /** True where it is stored by now. */
      async function store(value: string, name: string): Promise<boolean> {
        const entry = snapshot.secrets.get(name)
        if (entry === undefined || isRefusal(entry)) return false
        const secret = new Secret(name, value)
        // INVARIANT: redaction knows it before anything else has it, and also where it cannot be stored.
        redactor.register(secret)
        try {
          await keeper.keep(entry, secret)
          stored.push(name)
          return true
        } catch (thrown) {
          problem = asBrokerError(thrown)
          return false
        }
      }

      async function without<T>(
        found: Recognised<T>,
        mayStore: boolean,
      ): Promise<WithoutMinted<T>> {
        if (rule.kind === 'allow' || found.values.length === 0) {
          return { value: found.without(found.values.map(({ value }) => value)), notes: [] }
        }
        const name = rule.kind === 'store' && mayStore ? rule.secret : null
        const chosen =
          name === null || rule.kind !== 'store' ? null : toStore(found.values, rule.field)
        const kept =
          name !== null && chosen !== null && stored.length === 0 && (await store(chosen, name))
        const markers = found.values.map(({ value, kind }) => {
          if (kept && value === chosen) return `[secret ${name}]`
          withheld += 1
          register(value)
          return `[withheld: looks like ${kind}]`
        })
        const kinds = found.values.filter(({ value }) => !kept || value !== chosen)
        return {
          value: found.without(markers),
          notes: notesOf({ name, kept, chosen, problem, kinds, of: found.values }),
        }
      }

      return {
        async mintedJson(value, mayStore): Promise<WithoutMinted<Json>> {
          if (rule.kind === 'allow') return { value, notes: [] }
          const { recogniseJson } = await recogniser()
          const wanted = rule.kind === 'store' && mayStore ? rule.field : null
          return without(await recogniseJson(value, wanted), mayStore)
        },
        async mintedText(text, { complete, mayStore }): Promise<WithoutMinted<string>> {
          if (rule.kind === 'allow') return { value: text, notes: [] }
          const { recogniseText } = await recogniser()
          return without(await recogniseText(text, complete), mayStore && complete)
        },
        get outcome() {
          if (withheld === 0 && stored.length === 0 && problem === null) return {}
          const error = problem === null ? {} : { error: problem.code }
          return { minted: { withheld, stored: [...stored], ...error } }
        },
      }
    },
  }
}

/** The value at the pointer, or the only one there is. An upstream that brings two does not choose which of them is stored. */
function toStore(values: readonly MintedValue[], field: string | null): string | null {
  const candidates = field === null ? values : values.filter(({ wanted }) => wanted)
  const distinct = new Set(candidates.map(({ value }) => value))
  const [only] = distinct
  return distinct.size === 1 && only !== undefined && only.length >= SHORTEST_STORED ? only : null
}

function notesOf(what: {
  name: string | null
  kept: boolean
  chosen: string | null
  problem: BrokerError | null
  kinds: readonly MintedValue[]
  of: readonly MintedValue[]
}): string[] {
  const { name, kept, chosen, problem, kinds } = what
  const notes: string[] = []
  if (kept)
    notes.push(
      `a credential in this answer is stored as the secret \`${name}\`: tools that use it have it from now on`,
    )
  else if (name !== null && chosen === null) {
    notes.push(
      `nothing is stored as \`${name}\`: the answer holds ${what.of.length} values that look like credentials, none of them where the catalog says`,
    )
  } else if (name !== null && problem !== null) {
    notes.push(
      `the credential could not be stored as \`${name}\`, and is withheld: ${problem.message}`,
    )
  }
  if (kinds.length > 0) {
    const names = [...new Set(kinds.map(({ kind }) => kind))].join(', ')
    notes.push(
      `${kinds.length === 1 ? 'a value is' : `${kinds.length} values are`} withheld: ${names}; a human can say otherwise with \`minted\` at this tool in keyhand.yaml`,
    )
  }
  return notes
}
