import type * as CedarModule from '@cedar-policy/cedar-wasm/nodejs'

/** What policy/ uses of Cedar; a test may give one that fails. */
export type Cedar = Pick<
  typeof CedarModule,
  | 'policySetTextToParts'
  | 'policyToJson'
  | 'preparsePolicySet'
  | 'statefulIsAuthorized'
  | 'templateToJson'
  | 'validate'
>

/** Loads Cedar; its WebAssembly costs 30 to 100 ms and 30 MB, so only a decision does that. */
export function loadCedar(): Promise<Cedar> {
  return import('@cedar-policy/cedar-wasm/nodejs')
}
