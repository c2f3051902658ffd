import { BrokerError } from '../../core/errors.ts'
import type { FetchContext, SecretProvider } from '../provider.ts'
import { type SopsReference, sopsReference } from './reference.ts'

export interface SopsOptions {
  /** Read only for the names that a reference gives as `from_environment`. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Files of sops, read only: by age without any program, or by the `sops` program with whatever keys it has. */
export function createSopsProvider({ env }: SopsOptions): SecretProvider<SopsReference> {
  return {
    type: 'sops',
    description: 'values of a file that sops encrypted: YAML, JSON, dotenv or INI',
    reference: sopsReference,
    defaults: { watch: 'used', cacheMs: 0 },
    needs: ({ identity }) => (identity === undefined ? [] : [identity]),
    async fetch(reference: SopsReference, context: FetchContext) {
      if (context.signal.aborted) throw new BrokerError('cancelled', 'the fetch was cancelled')
      // A file has no version before this one.
      if (context.version === 'previous') return null
      const { readOwnFile } = await import('../local/own-file.ts')
      const bytes = await readOwnFile(reference.file, { private: false })
      if (bytes === null) return null
      const { identity, identity_file: file, program } = reference
      if (program === undefined && (identity ?? file) !== undefined) {
        return (await import('./built-in.ts')).openBuiltIn(bytes, reference, context)
      }
      return (await import('./program.ts')).openByProgram(reference, context, env)
    },
    store: null,
  }
}
