import { resolve } from 'node:path'
import { AGENT_NAME } from '../core/agent.ts'
import { BrokerError } from '../core/errors.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { Families } from './families.ts'
import { type HomeFiles, readHome, sameHome } from './home-files.ts'
import { watchHome } from './watch-home.ts'

/** What governs one agent, as the files say at each moment. */
export interface ConfigSource {
  /**
   * Looks at the files and reads them anew where one changed; the same object while nothing did. What is answered was true
   * at a moment after the question. Never throws for a mistake in a file: it stands in the snapshot.
   */
  snapshot(): Promise<Snapshot>
  /**
   * Calls back soon after a file changed, perhaps without one having changed: a trigger, never a source of truth. Returns
   * what ends it. Does not keep the process alive; folders need not exist yet.
   */
  watch(onChange: () => void): () => void
}

/**
 * The configuration of one agent below `home`. Reads nothing before the first question.
 *
 * @throws BrokerError `usage` where `agent` cannot be an agent's name, and so no file's.
 */
export function createConfigSource(options: {
  readonly home: string
  readonly agent: string
  readonly families: Families
  /** The profile that the scope file must list; its first where this is left out. */
  readonly profile?: string | null
}): ConfigSource {
  const { agent, families } = options
  if (!AGENT_NAME.test(agent)) {
    const fix = 'use lower-case letters, digits and `-`, at most 40, a letter first'
    throw new BrokerError('usage', 'that cannot be the name of an agent', { fix })
  }
  const home = resolve(options.home)
  let known: { readonly files: HomeFiles; readonly snapshot: Snapshot } | null = null

  const look = async (): Promise<Snapshot> => {
    if (known !== null && sameHome(home, known.files)) return known.snapshot
    const files = await readHome(home, agent)
    if (known !== null && known.files.contentKey === files.contentKey) {
      known = { files, snapshot: known.snapshot }
      return known.snapshot
    }
    // The YAML reader is loaded by the first question: a server answers its first request without it.
    const { loadSnapshot } = await import('./load-snapshot.ts')
    known = { files, snapshot: loadSnapshot(agent, files, families, options.profile ?? null) }
    return known.snapshot
  }

  return { snapshot: sharedAfter(look), watch: (onChange) => watchHome(home, agent, onChange) }
}

/**
 * Runs one at a time, and shares each run with all who asked before it began, with none who asked while it went: their
 * question may be about a change that it has missed.
 */
function sharedAfter<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<unknown> | null = null
  let next: Promise<T> | null = null
  const start = (): Promise<T> => {
    const run = work()
    const done = run.then(
      () => undefined,
      () => undefined,
    )
    running = done
    void done.then(() => {
      if (running === done) running = null
    })
    return run
  }
  return () => {
    if (running === null) return start()
    next ??= running.then(() => {
      next = null
      return start()
    })
    return next
  }
}
