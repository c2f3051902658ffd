import { agentsCheck } from './agents-check.ts'
import { callsCheck } from './calls-check.ts'
import type { DoctorCheck } from './check.ts'
import { configCheck } from './config-check.ts'
import { encryptedFileCheck } from './encrypted-file-check.ts'
import { environmentCheck } from './environment-check.ts'
import { foldersCheck } from './folders-check.ts'
import { keychainCheck } from './keychain-check.ts'
import { leasesCheck } from './leases-check.ts'
import { nodeCheck } from './node-check.ts'
import { providersCheck } from './providers-check.ts'
import { createReadings } from './readings.ts'
import { secretsCheck } from './secrets-check.ts'
import { trailCheck } from './trail-check.ts'

/** In the order of the output. A new one is a file and a line here. With `fix`, what dead processes were lent is ended. */
export function doctorChecks(options: { readonly fix: boolean }): readonly DoctorCheck[] {
  const readings = createReadings()
  return [
    nodeCheck,
    foldersCheck,
    configCheck,
    environmentCheck,
    keychainCheck,
    encryptedFileCheck,
    providersCheck(readings),
    secretsCheck(readings),
    leasesCheck(options),
    agentsCheck,
    callsCheck,
    trailCheck,
  ]
}
