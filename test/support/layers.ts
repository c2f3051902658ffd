import { posix } from 'node:path'
import type { SourceModule } from './source-module.ts'

/** DESIGN.md's table of layers. A name in a list is a part, a port, or `*` for everything. */
export interface Layers {
  readonly parts: Readonly<Record<string, Allowed>>
  /** The file that holds a port, by the port's name. */
  readonly ports: Readonly<Record<string, Allowed & { readonly file: string }>>
  /** Folders whose files are adapters of one port: they know their port, and never a sibling. */
  readonly families: Readonly<Record<string, Allowed & { readonly port: string }>>
}

export interface Allowed {
  readonly imports: readonly string[]
  /** What may be imported as types only. */
  readonly types?: readonly string[]
}

/** Only `files` may do this: each is a module or a folder below src/, without `.ts`. */
export interface Confinement {
  readonly what: string
  readonly uses?: readonly string[]
  /** Packages and Node's modules; a type-only import is not one. */
  readonly modules?: (specifier: string) => boolean
  readonly files: readonly string[]
  /** Where it is confined; everywhere unless said. */
  readonly within?: readonly string[]
}

/** Where a module stands: in a part, or as a port, an adapter or the index of a family. */
interface Place {
  readonly name: string
  readonly allowed: Allowed
  readonly family?: string
  readonly adapter?: string
}

/** Every import that the table does not allow, as `path:line: what is wrong`. */
export function brokenLayers(modules: readonly SourceModule[], layers: Layers): string[] {
  return modules.flatMap(({ path, imports }) => {
    const from = placeOf(path, layers)
    if (from === null) return [`${path}: is in no part that the table knows`]
    return imports.flatMap(({ specifier, typeOnly, line }) => {
      const problem = problemOf(path, from, specifier, typeOnly, layers)
      return problem === null ? [] : [`${path}:${line}: ${problem}`]
    })
  })
}

/** Every use and import outside the files that may have it, as `path:line: what is wrong`. */
export function brokenConfinements(
  modules: readonly SourceModule[],
  confinements: readonly Confinement[],
): string[] {
  return confinements.flatMap(({ what, uses = [], modules: isMeant, files, within }) =>
    modules
      .filter(
        ({ path }) => (within === undefined || isBelow(path, within)) && !isBelow(path, files),
      )
      .flatMap((module) => {
        const used = module.uses.filter(({ name }) => uses.includes(name))
        const imported = module.imports
          .filter(({ specifier, typeOnly }) => !typeOnly && isMeant?.(specifier ?? '') === true)
          .map(({ specifier, line }) => ({ name: `import of ${specifier}`, line }))
        return [...used, ...imported].map(
          ({ name, line }) => `${module.path}:${line}: ${name}: ${what}`,
        )
      }),
  )
}

function problemOf(
  path: string,
  from: Place,
  specifier: string | null,
  typeOnly: boolean,
  layers: Layers,
): string | null {
  if (specifier === null) return 'imports something computed: say its name'
  if (!specifier.startsWith('.')) return null
  const target = posix.join(posix.dirname(path), specifier)
  if (target === '../package.json') return null
  if (target.startsWith('../')) return `imports ${specifier}, which is outside src/`
  const to = placeOf(target, layers)
  if (to === null) return `imports ${target}, which is in no part that the table knows`
  if (isAllowed(from, to, typeOnly)) return null
  return `${from.name} may not import ${to.name} (${target})`
}

function isAllowed(from: Place, to: Place, typeOnly: boolean): boolean {
  if (from.name === to.name) return true
  const { imports, types = [] } = from.allowed
  if (imports.includes('*') || imports.includes(to.name)) return true
  if (typeOnly && types.includes(to.name)) return true
  const isIndex = from.family !== undefined && from.adapter === undefined
  return isIndex && from.family === to.family
}

function placeOf(path: string, { parts, ports, families }: Layers): Place | null {
  for (const [name, port] of Object.entries(ports)) {
    if (port.file === path) return { name, allowed: port }
  }
  const [top = '', second] = path.split('/')
  const name = top.replace(/\.ts$/, '')
  const family = entry(families, top)
  if (family !== undefined && second !== undefined) {
    if (second === 'index.ts') return { name: `${top}/index`, allowed: family, family: top }
    const adapter = second.replace(/\.ts$/, '')
    return { name: `${top}/${adapter}`, allowed: family, family: top, adapter }
  }
  const allowed = entry(parts, name)
  return allowed === undefined ? null : { name, allowed }
}

/** A folder may be called `constructor`. */
function entry<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}

function isBelow(path: string, places: readonly string[]): boolean {
  return places.some((place) => path === `${place}.ts` || path.startsWith(`${place}/`))
}
