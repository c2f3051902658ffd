import { parseSync } from 'oxc-parser'

/** What one module of src/ imports and touches, as far as the architecture test asks. */
export interface SourceModule {
  /** Below src/, with `/`: `providers/keychain.ts`. */
  readonly path: string
  readonly imports: readonly ModuleImport[]
  readonly uses: readonly Use[]
}

export interface ModuleImport {
  /** Null where it is computed, so that nobody can tell what it imports. */
  readonly specifier: string | null
  /** Gone at run time. */
  readonly typeOnly: boolean
  readonly line: number
}

/** `process.env`, `.reveal` (a member of whatever object), `fetch()`, `new Date()`. */
export interface Use {
  readonly name: string
  readonly line: number
}

interface Node {
  readonly type: string
  readonly start: number
  readonly [key: string]: unknown
}

/** @throws Error where it is not TypeScript. */
export function readSourceModule(path: string, text: string): SourceModule {
  const { program, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`)
  const imports: ModuleImport[] = []
  const uses: Use[] = []
  const bound = new Set<string>()
  walk(program, (node) => {
    const line = text.slice(0, node.start).split('\n').length
    const found = importOf(node)
    if (found !== null) imports.push({ ...found, line })
    for (const name of usesOf(node)) uses.push({ name, line })
    for (const name of boundBy(node)) bound.add(`${name}()`)
  })
  return { path, imports, uses: uses.filter(({ name }) => !bound.has(name)) }
}

function walk(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) for (const item of value) walk(item, visit)
  else if (isNode(value)) {
    visit(value)
    for (const child of Object.values(value)) walk(child, visit)
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value
}

function importOf(node: Node): Omit<ModuleImport, 'line'> | null {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration': {
      if (!isNode(node['source'])) return null
      const typeOnly = node['importKind'] === 'type' || node['exportKind'] === 'type'
      return { specifier: stringOf(node['source']), typeOnly }
    }
    case 'ImportExpression':
      return { specifier: stringOf(node['source']), typeOnly: false }
    case 'TSImportType':
      return { specifier: stringOf(node['source']), typeOnly: true }
    case 'TSExternalModuleReference':
      return { specifier: stringOf(node['expression']), typeOnly: false }
    case 'CallExpression': {
      const isRequire = nameOf(node['callee']) === 'require'
      return isRequire ? { specifier: stringOf(first(node['arguments'])), typeOnly: false } : null
    }
    default:
      return null
  }
}

function usesOf(node: Node): string[] {
  switch (node.type) {
    case 'MemberExpression': {
      const member = memberName(node)
      if (member === null) return []
      const object = globalName(node['object'])
      return object === null ? [`.${member}`] : [`.${member}`, `${object}.${member}`]
    }
    case 'VariableDeclarator':
      return patternKeys(node['id']).map((key) => `${globalName(node['init']) ?? ''}.${key}`)
    case 'ObjectPattern':
      return patternKeys(node).map((key) => `.${key}`)
    case 'CallExpression': {
      const callee = nameOf(node['callee'])
      return callee === null ? [] : [`${callee}()`]
    }
    case 'NewExpression': {
      const isNow = globalName(node['callee']) === 'Date' && first(node['arguments']) === undefined
      return isNow ? ['new Date()'] : []
    }
    default:
      return []
  }
}

/** The names that a function's parameters, a pattern or a declaration bind: no globals anywhere in this module. */
function boundBy(node: Node): string[] {
  const { params, id, local, type, value } = node
  const inPattern = type === 'Property' ? [value] : []
  const given: readonly unknown[] = Array.isArray(params) ? params : []
  const candidates = [id, local, ...inPattern, ...given]
  return candidates.map(nameOf).filter((name) => name !== null)
}

/** `fetch`, and also where it is written `globalThis.fetch`. */
function globalName(node: unknown): string | null {
  if (!isNode(node)) return null
  if (node.type === 'Identifier') return nameOf(node)
  const isGlobal = ['globalThis', 'global'].includes(nameOf(node['object']) ?? '')
  return node.type === 'MemberExpression' && isGlobal ? memberName(node) : null
}

function memberName(node: Node): string | null {
  return node['computed'] === true ? stringOf(node['property']) : nameOf(node['property'])
}

function patternKeys(pattern: unknown): string[] {
  if (!isNode(pattern) || pattern.type !== 'ObjectPattern') return []
  const properties = Array.isArray(pattern['properties']) ? pattern['properties'] : []
  return properties
    .filter(isNode)
    .map(({ key, computed }) =>
      computed === true ? stringOf(key) : (nameOf(key) ?? stringOf(key)),
    )
    .filter((key) => key !== null)
}

function nameOf(node: unknown): string | null {
  return isNode(node) && typeof node['name'] === 'string' ? node['name'] : null
}

function stringOf(node: unknown): string | null {
  return isNode(node) && typeof node['value'] === 'string' ? node['value'] : null
}

function first(list: unknown): unknown {
  return Array.isArray(list) ? list[0] : undefined
}
