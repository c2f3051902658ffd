/** A file of sops as it is read: order is kept, since its MAC is over the values in their order. */
export type Node = Branch | List | Leaf

export interface Branch {
  readonly kind: 'branch'
  readonly items: readonly (readonly [key: string, value: Node])[]
}

export interface List {
  readonly kind: 'list'
  readonly items: readonly Node[]
}

/** A value, or what it is encrypted to, in the words that sops takes into its MAC. */
export interface Leaf {
  readonly kind: 'leaf'
  readonly text: string
}

/** What sops says of the file in the file itself. None of it but `mac` is protected. */
export interface Metadata {
  /** For each age recipient, the data key, as an armored age file. */
  readonly age: readonly string[]
  readonly mac: string
  readonly lastModified: string
  readonly macOnlyEncrypted: boolean
  /** The data key is in several parts (Shamir), which keyhand does not join. */
  readonly split: boolean
}

export interface SopsFile {
  readonly tree: Branch
  readonly metadata: Metadata
}

export const leaf = (text: string): Leaf => ({ kind: 'leaf', text })

/** A child by its name or place; null where there is none. */
export function childOf(node: Node, step: string | number): Node | null {
  if (node.kind === 'list') return node.items[Number(step)] ?? null
  if (node.kind === 'leaf') return null
  return node.items.find(([key]) => key === String(step))?.[1] ?? null
}

/** Every leaf in the order of the file, with the names of the branches that it is in. */
export function* leavesOf(node: Node, path: readonly string[] = []): Generator<[Leaf, string[]]> {
  if (node.kind === 'leaf') yield [node, [...path]]
  else if (node.kind === 'list') for (const item of node.items) yield* leavesOf(item, path)
  else for (const [key, value] of node.items) yield* leavesOf(value, [...path, key])
}
