import type { AuthScheme } from '../auth/auth-scheme.ts'
import { createHttpTool } from './http/http-tool.ts'
import type { ToolType } from './tool-type.ts'

export interface ToolTypeOptions {
  readonly authSchemes: ReadonlyMap<string, AuthScheme>
}

/** Everything that an agent can have done, by its word in the catalog. */
export function createToolTypes(options: ToolTypeOptions): ReadonlyMap<string, ToolType> {
  const types: readonly ToolType[] = [createHttpTool(options)]
  return new Map(types.map((type) => [type.type, type]))
}
