import { isAbsolute } from 'node:path'
import { BrokerError } from '../../core/errors.ts'
import { isJsonObject } from '../../core/json.ts'
import { runProgram } from '../local/run-program.ts'
import type { ExecPlugin } from './kubeconfig.ts'
import type { KubernetesReference } from './reference.ts'

/** What an exec plugin gave, until it ends. */
export interface ExecCredential {
  readonly token: string | null
  readonly client: { readonly cert: string; readonly key: string } | null
  /** In ms since the epoch; infinite where it did not say. */
  readonly expiresAt: number
}

/**
 * Asks the program of a kubeconfig for a credential (client.authentication.k8s.io/v1 and v1beta1). It sees what the kubeconfig
 * and the catalog say, and nothing else of what keyhand was started with; there is no terminal to ask at.
 */
export async function askPlugin(
  { command, args, env, apiVersion, cluster }: ExecPlugin,
  reference: KubernetesReference,
  options: {
    readonly env: Readonly<Record<string, string | undefined>>
    readonly signal: AbortSignal
  },
): Promise<ExecCredential> {
  const program = isAbsolute(command) ? command : reference.exec_program
  if (program === undefined) {
    const short = command.slice(0, 128)
    throw new BrokerError('secret_invalid', `the kubeconfig names \`${short}\` without a path`, {
      fix: `Say where it is: \`exec_program: /path/to/${short}\` (\`which ${short}\`).`,
    })
  }
  const passed = (reference.from_environment ?? []).flatMap((name): [string, string][] => {
    const value = options.env[name]
    return value === undefined ? [] : [[name, value]]
  })
  const spec = { interactive: false, ...(cluster === null ? {} : { cluster }) }
  const info = JSON.stringify({ apiVersion, kind: 'ExecCredential', spec })
  const { code, stdout } = await runProgram({
    program,
    args,
    env: { ...Object.fromEntries(passed), ...env, KUBERNETES_EXEC_INFO: info },
    signal: options.signal,
    timeoutMs: 20_000,
  })
  const credential = code === 0 ? credentialIn(stdout) : null
  if (credential !== null) return credential
  const what = code === 0 ? 'gave no credential' : `ended with ${code ?? 'a signal'}`
  throw new BrokerError('secret_not_logged_in', `\`${program}\` of the kubeconfig ${what}`, {
    fix: 'Log in as that program wants it, and see that `kubectl get secrets` works; variables that it needs go into `from_environment`.',
  })
}

function credentialIn(stdout: Buffer): ExecCredential | null {
  let said: unknown
  try {
    said = JSON.parse(stdout.toString('utf8'))
  } catch {
    return null
  }
  const status = isJsonObject(said) ? said['status'] : null
  if (!isJsonObject(status)) return null
  const {
    token,
    clientCertificateData: cert,
    clientKeyData: key,
    expirationTimestamp: until,
  } = status
  const client = typeof cert === 'string' && typeof key === 'string' ? { cert, key } : null
  const ends = typeof until === 'string' ? Date.parse(until) : Number.NaN
  if (typeof token !== 'string' && client === null) return null
  return {
    token: typeof token === 'string' ? token : null,
    client,
    expiresAt: Number.isNaN(ends) ? Number.POSITIVE_INFINITY : ends,
  }
}
