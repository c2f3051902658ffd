import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { sha256Hex } from '../core/canonical-json.ts'
import { type CheckedFile, readChecked } from './checked-file.ts'
import { codeOf, traceFile, unchanged } from './file-trace.ts'
import { currentTrust } from './file-trust.ts'
import { CATALOG_FILE, POLICIES_FOLDER, scopeFile } from './home-layout.ts'

/** The listing of a folder that is not there. */
const ABSENT = 'ENOENT'

/** Each is looked at before each call. */
const MAX_POLICIES = 64

/** The folder of guardrails, and each file in it. */
export interface PolicyFiles {
  /** The folder's way and names, as one text: while it is the same, no guardrail came or went. */
  readonly listing: string
  readonly folder: Pick<CheckedFile, 'steps'> & {
    readonly refused: { readonly message: string; readonly fix: string | null } | null
  }
  /** Sorted by name; `file` is below KEYHAND_HOME. */
  readonly files: readonly { readonly file: string; readonly read: CheckedFile }[]
  /** Names that do not end in `.cedar`: they are not read. */
  readonly ignored: readonly string[]
}

/** Every file that governs one agent, as it was at one moment. */
export interface HomeFiles {
  readonly catalog: CheckedFile
  readonly scope: CheckedFile
  readonly policies: PolicyFiles
  /** Equal where the files hold the same bytes and the same stands in their way. */
  readonly contentKey: string
}

/** Reads them all. Never throws. */
export async function readHome(home: string, agent: string): Promise<HomeFiles> {
  const trust = currentTrust()
  const [catalog, scope, policies] = await Promise.all([
    readChecked(join(home, CATALOG_FILE), trust),
    readChecked(join(home, scopeFile(agent)), trust),
    readPolicies(home, trust),
  ])
  const files = [catalog, scope, ...policies.files.map(({ read }) => read)]
  const content = [policies.listing, policies.folder.refused, files.map(contentOf)]
  return { catalog, scope, policies, contentKey: sha256Hex(JSON.stringify(content)) }
}

/** True where nothing has changed since they were read. A file whose times are too fresh to tell is not the same. */
export function sameHome(home: string, known: HomeFiles): boolean {
  const files = [known.catalog, known.scope, ...known.policies.files.map(({ read }) => read)]
  if (!files.every((file) => file.settled)) return false
  const steps = [...known.policies.folder.steps, ...files.flatMap((file) => file.steps)]
  if (!unchanged(steps)) return false
  // The way to a folder that is not there was just looked at.
  return known.policies.listing === ABSENT || list(home).listing === known.policies.listing
}

async function readPolicies(
  home: string,
  trust: ReturnType<typeof currentTrust>,
): Promise<PolicyFiles> {
  const { steps, refused } = await traceFile(join(home, POLICIES_FOLDER), trust, 'folder')
  const { listing, names, error } = list(home)
  const cedar = names.filter((name) => name.endsWith('.cedar'))
  const ignored = names.filter((name) => !name.endsWith('.cedar'))
  const tooMany =
    cedar.length > MAX_POLICIES ? `has more than ${MAX_POLICIES} guardrail files` : null
  const message = refused === null ? (error ?? tooMany) : refused.message
  const files = await Promise.all(
    cedar.slice(0, MAX_POLICIES).map(async (name) => ({
      file: `${POLICIES_FOLDER}/${name}`,
      read: await readChecked(join(home, POLICIES_FOLDER, name), trust),
    })),
  )
  const folder = {
    steps,
    refused: message === null ? null : { message, fix: refused?.fix ?? null },
  }
  return { listing, folder, files, ignored }
}

/** What is in the folder, sorted; hidden files are not part of it, as in `policies/*.cedar`. */
function list(home: string): { listing: string; names: readonly string[]; error: string | null } {
  try {
    const all = readdirSync(join(home, POLICIES_FOLDER))
    const names = all.filter((name) => !name.startsWith('.')).sort()
    return { listing: JSON.stringify(names), names, error: null }
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT') return { listing: ABSENT, names: [], error: null }
    return { listing: code, names: [], error: `cannot be read (${code})` }
  }
}

function contentOf(file: CheckedFile): readonly (string | null)[] {
  if (file.state === 'read') return ['read', sha256Hex(file.bytes)]
  return file.state === 'absent' ? ['absent'] : ['refused', file.path, file.message, file.fix]
}
