import type { SecretEntry } from '../../src/core/snapshot.ts'

/** A secret of a catalog that says nothing but its name and provider, with what a test changes. */
export function secretEntry(
  more: Partial<SecretEntry> & Pick<SecretEntry, 'name' | 'provider'>,
): SecretEntry {
  return {
    instance: more.provider,
    reference: {},
    cacheMs: 0,
    staleIfErrorMs: 0,
    timeoutMs: null,
    overlapMs: null,
    tags: {},
    needs: [],
    watch: 'used',
    redact: 'full',
    position: { file: 'keyhand.yaml', line: 1, column: 1 },
    ...more,
  }
}
