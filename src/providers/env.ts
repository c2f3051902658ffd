import * as z from 'zod'
import { BrokerError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import { type SecretProvider, VALUE_FIELD } from './provider.ts'

const envReference = z.strictObject({
  variable: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]{0,254}$/, 'must be the name of an environment variable')
    .describe('The environment variable that holds the value'),
})

export type EnvReference = z.infer<typeof envReference>

/** Variables of keyhand's own process, for CI. The agent that starts keyhand may be able to set and read them. */
export function createEnvProvider(options: {
  readonly env: Readonly<Record<string, string | undefined>>
}): SecretProvider<EnvReference> {
  return {
    type: 'env',
    description: "an environment variable of keyhand's own process, for CI",
    reference: envReference,
    defaults: { watch: 'always', cacheMs: 0 },
    needs: () => [],
    async fetch({ variable }, { name, signal }) {
      if (signal.aborted) throw new BrokerError('cancelled', 'the fetch was cancelled')
      const value = Object.hasOwn(options.env, variable) ? options.env[variable] : undefined
      if (value === undefined) return null
      if (value === '') {
        throw new BrokerError(
          'secret_invalid',
          `the environment variable \`${variable}\` is empty`,
          {
            fix: `Set \`${variable}\` to the value, or unset it.`,
          },
        )
      }
      const fields = new Map([[VALUE_FIELD, new Secret(name, value)]])
      return { fields, version: null, createdAt: null, lease: null }
    },
    store: null,
  }
}
