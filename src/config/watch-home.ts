import { existsSync, type FSWatcher, realpathSync, watch } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { AGENTS_FOLDER, CATALOG_FILE, POLICIES_FOLDER, scopeFile } from './home-layout.ts'

/** Editors write a file in several steps; one change is told once. */
const DELAY_MS = 100

/**
 * Watches what governs one agent and calls back within about 100 ms of the first of a row of changes. What it misses (a network
 * drive, a link somewhere on the way) is found by the next question all the same. Never throws, never keeps the process alive.
 */
export function watchHome(home: string, agent: string, onChange: () => void): () => void {
  const watchers = new Map<string, FSWatcher>()
  let timer: NodeJS.Timeout | null = null
  let ended = false

  const changed = () => {
    if (ended || timer !== null) return
    timer = setTimeout(() => {
      timer = null
      arm()
      onChange()
    }, DELAY_MS)
    timer.unref()
  }

  /** Watches each folder that there is; of one that is not there yet, the nearest above it, for its coming. */
  const arm = () => {
    const wanted = new Map<string, Set<string> | null>()
    const add = (folder: string, name: string | null) => {
      const names = wanted.get(folder)
      if (name === null || names === null) wanted.set(folder, null)
      else wanted.set(folder, new Set([...(names ?? []), name]))
    }
    add(...nearest(join(home, CATALOG_FILE)))
    add(...nearest(join(home, scopeFile(agent))))
    add(...nearest(join(home, AGENTS_FOLDER)))
    add(...nearest(join(home, POLICIES_FOLDER)))
    if (existsSync(join(home, POLICIES_FOLDER))) add(join(home, POLICIES_FOLDER), null)
    for (const file of [CATALOG_FILE, scopeFile(agent)]) {
      const real = realPath(join(home, file))
      if (real !== null) add(dirname(real), basename(real))
    }
    for (const [key, watcher] of watchers) {
      watcher.close()
      watchers.delete(key)
    }
    for (const [folder, names] of wanted) {
      try {
        const watcher = watch(folder, { persistent: false }, (_, name) => {
          if (names === null || name === null || names.has(name)) changed()
        })
        watcher.on('error', () => watcher.close())
        watchers.set(folder, watcher)
      } catch {
        // gone meanwhile, or no more watches to be had: the next question finds the change
      }
    }
  }

  arm()
  return () => {
    ended = true
    if (timer !== null) clearTimeout(timer)
    for (const watcher of watchers.values()) watcher.close()
    watchers.clear()
  }
}

/** The nearest folder above that exists, and the name in it that leads to the path. */
function nearest(path: string): [folder: string, name: string] {
  let name = basename(path)
  let folder = dirname(path)
  while (!existsSync(folder) && dirname(folder) !== folder) {
    name = basename(folder)
    folder = dirname(folder)
  }
  return [folder, name]
}

function realPath(path: string): string | null {
  try {
    return realpathSync(path)
  } catch {
    return null
  }
}
