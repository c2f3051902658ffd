import { agentsCheck } from './agents-check.ts'
import type { DoctorCheck } from './check.ts'
import { configCheck } from './config-check.ts'
import { encryptedFileCheck } from './encrypted-file-check.ts'
import { environmentCheck } from './environment-check.ts'
import { foldersCheck } from './folders-check.ts'
import { keychainCheck } from './keychain-check.ts'
import { nodeCheck } from './node-check.ts'
import { secretsCheck } from './secrets-check.ts'
import { trailCheck } from './trail-check.ts'

/** In the order of the output. A new one is a file and a line here. */
export const DOCTOR_CHECKS: readonly DoctorCheck[] = [
  nodeCheck,
  foldersCheck,
  configCheck,
  environmentCheck,
  keychainCheck,
  encryptedFileCheck,
  secretsCheck,
  agentsCheck,
  trailCheck,
]
