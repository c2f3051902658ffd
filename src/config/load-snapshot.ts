import { canonicalJson, sha256Hex } from '../core/canonical-json.ts'
import { type Refusal, refuse } from '../core/refusal.ts'
import type { ConfigProblem, GuardrailFile, Snapshot } from '../core/snapshot.ts'
import { type Catalog, readCatalog, unusable } from './catalog.ts'
import type { CheckedFile } from './checked-file.ts'
import type { Families } from './families.ts'
import { decodeText } from './file-text.ts'
import type { HomeFiles, PolicyFiles } from './home-files.ts'
import { CATALOG_FILE, POLICIES_FOLDER, scopeFile } from './home-layout.ts'
import { doubt, mistake, refusalOf, startOf } from './problem.ts'
import { type ReadScope, readScope } from './scope.ts'
import { shown } from './wording.ts'

/** What governs one agent, from its files as they were read. Never throws: a part with a mistake stands in it as a refusal. */
export function loadSnapshot(
  agent: string,
  files: HomeFiles,
  families: Families,
  wanted: string | null = null,
): Snapshot {
  const catalog = catalogOf(files.catalog, families)
  const read = scopeOf(agent, files.scope, catalog, families, wanted)
  const guardrails = guardrailsOf(files.policies)
  return {
    agent,
    profile: read.profile,
    hashes: {
      catalog: hashOf(files.catalog),
      scope: hashOf(files.scope),
      policies: policiesHash(files.policies),
    },
    secrets: read.catalog.secrets,
    tools: read.catalog.tools,
    scope: read.scope,
    guardrails: guardrails.result,
    refusal: catalog.refusal ?? read.catalog.refusal,
    problems: [...catalog.problems, ...read.problems, ...guardrails.problems],
  }
}

function catalogOf(read: CheckedFile, families: Families): Catalog {
  const text = textOf(CATALOG_FILE, read)
  if (typeof text === 'string') {
    return orElse(
      () => readCatalog(text, families),
      () => unusable([notUnderstood(CATALOG_FILE)]),
    )
  }
  if (text !== null) return unusable([text])
  const missing = mistake(
    startOf(CATALOG_FILE),
    'there is no catalog',
    'make one with `keyhand init`',
  )
  return unusable([missing])
}

function scopeOf(
  agent: string,
  read: CheckedFile,
  catalog: Catalog,
  families: Families,
  wanted: string | null,
): ReadScope {
  const nothing = { profile: null, catalog }
  const file = scopeFile(agent)
  const refused = (problem: ConfigProblem) => ({
    scope: refusalOf([problem]) ?? refuse('config_error', problem.message),
    problems: [problem],
    ...nothing,
  })
  const text = textOf(file, read)
  if (typeof text === 'string') {
    return orElse(
      () => readScope(agent, text, catalog, families, wanted),
      () => refused(notUnderstood(file)),
    )
  }
  if (text !== null) return refused(text)
  const message = `the agent \`${agent}\` has no scope file`
  const fix = `write ${file} below KEYHAND_HOME, or make a first one with \`keyhand init --agent ${agent}\``
  return {
    scope: refuse('no_scope', message, fix),
    problems: [mistake(startOf(file), message, fix)],
    ...nothing,
  }
}

function guardrailsOf(policies: PolicyFiles): {
  readonly result: readonly GuardrailFile[] | Refusal
  readonly problems: readonly ConfigProblem[]
} {
  const problems: ConfigProblem[] = []
  const guardrails: GuardrailFile[] = []
  const { refused } = policies.folder
  if (refused !== null) {
    problems.push(mistake(startOf(POLICIES_FOLDER), `the folder ${refused.message}`, refused.fix))
  }
  for (const { file, read } of policies.files) {
    if (!/^[A-Za-z0-9][\w.-]{0,100}\.cedar$/.test(file.slice(POLICIES_FOLDER.length + 1))) {
      const place = startOf(POLICIES_FOLDER)
      problems.push(
        mistake(
          place,
          `the file name ${shown(file)} is not allowed`,
          'use letters, digits, `-`, `_` and `.`',
        ),
      )
      continue
    }
    const text = textOf(file, read)
    if (typeof text === 'string') guardrails.push({ file, text })
    else problems.push(text ?? mistake(startOf(file), 'the file is gone, or links to nothing'))
  }
  const result = refusalOf(problems) ?? guardrails
  for (const name of policies.ignored) {
    const message = `${shown(name)} is no guardrail: its name does not end in \`.cedar\``
    problems.push(doubt(startOf(POLICIES_FOLDER), message, 'rename it, or move it away'))
  }
  return { result, problems }
}

/** Null where there is no file. */
function textOf(file: string, read: CheckedFile): string | ConfigProblem | null {
  if (read.state === 'absent') return null
  if (read.state === 'read') return decodeText(file, read.bytes)
  const own = read.path.replaceAll('\\', '/').endsWith(`/${file}`)
  return mistake(
    startOf(file),
    `${own ? 'the file' : `\`${read.path}\``} ${read.message}`,
    read.fix,
  )
}

function hashOf(read: CheckedFile): string | null {
  return read.state === 'read' ? sha256Hex(read.bytes) : null
}

function policiesHash(policies: PolicyFiles): string | null {
  if (policies.files.length === 0) return null
  return sha256Hex(canonicalJson(policies.files.map(({ file, read }) => [file, hashOf(read)])))
}

/** A fault of ours or of a family is no reason to go on with what was there before. */
function orElse<T>(work: () => T, instead: () => T): T {
  try {
    return work()
  } catch {
    return instead()
  }
}

function notUnderstood(file: string): ConfigProblem {
  return mistake(startOf(file), 'the file could not be understood, for a fault inside keyhand')
}
