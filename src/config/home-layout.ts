/** The catalog's file below KEYHAND_HOME. */
export const CATALOG_FILE = 'keyhand.yaml'

/** The folder of scope files below KEYHAND_HOME. */
export const AGENTS_FOLDER = 'agents'

/** The folder of guardrails below KEYHAND_HOME. */
export const POLICIES_FOLDER = 'policies'

/** An agent's scope file below KEYHAND_HOME, as positions and messages name it (with `/` on every system). */
export function scopeFile(agent: string): string {
  return `${AGENTS_FOLDER}/${agent}.yaml`
}
