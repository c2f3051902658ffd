import type { SecretProvider } from '../providers/provider.ts'
import type { ToolType } from '../tools/tool-type.ts'

/** Which words the catalog may use: the providers and tool types that there are, by `type`. */
export interface Families {
  readonly providers: ReadonlyMap<string, SecretProvider>
  readonly toolTypes: ReadonlyMap<string, ToolType>
}
