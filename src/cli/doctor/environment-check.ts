import { type DoctorCheck, type DoctorFinding, good, note, warning } from './check.ts'

/** What variables of the environment do here, or do not do. INVARIANT: their values are not shown: a proxy's may hold a password. */
const VARIABLES: readonly (readonly [name: RegExp, say: (name: string) => DoctorFinding])[] = [
  [
    /^NODE_TLS_REJECT_UNAUTHORIZED$/,
    (name) =>
      warning(
        `${name} is set and ignored: certificates are verified`,
        'take it out; a private authority is `ca:` at a tool',
      ),
  ],
  [
    /^NODE_EXTRA_CA_CERTS$/,
    (name) =>
      warning(
        `${name} is set: Node trusts those authorities too, for every tool without \`ca:\``,
        'name them with `ca:` at the tool that needs them',
      ),
  ],
  [
    /^NODE_OPTIONS$/,
    (name) =>
      warning(
        `${name} is set: it can load code into keyhand, beside your values`,
        'take it out of what starts keyhand',
      ),
  ],
  [
    /^(?:https?|all)_proxy$/i,
    (name) => note(`${name} is set and ignored`, 'a proxy is `proxy:` at a tool'),
  ],
  [
    /^(?:AWS_ENDPOINT_URL\w*|VAULT_(?:ADDR|NAMESPACE|CACERT|TOKEN)|GOOGLE_APPLICATION_CREDENTIALS|CLOUDSDK_CONFIG)$/,
    (name) =>
      note(`${name} is set and ignored, but where a secret says \`from_environment: true\``),
  ],
  [
    /^(?:VAULT_(?!(?:ADDR|NAMESPACE|CACERT|TOKEN)$)|BAO_|GOOGLE_(?!APPLICATION_CREDENTIALS$)|GCLOUD_|CLOUDSDK_(?!CONFIG$)|OP_)\w*$/,
    (name) =>
      note(`${name} is set and ignored`, 'what a provider is to know stands in keyhand.yaml'),
  ],
  [
    /^AZURE_\w*$/,
    (name) =>
      note(
        `${name} is set: an Azure Key Vault without \`auth\`, or with its type \`default\`, may log in with it`,
      ),
  ],
  [
    /^(?:KUBECONFIG|SOPS_\w*)$/,
    (name) =>
      note(
        `${name} is set and ignored, but where an entry lists it in \`from_environment\``,
        'what a provider is to know stands in keyhand.yaml',
      ),
  ],
  [
    /^(?:AWS_ACCESS_KEY_ID|AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|AWS_PROFILE)$/,
    (name) => note(`${name} is set: a provider may log in with it`),
  ],
  [
    /^(?:LD_PRELOAD|LD_LIBRARY_PATH|DYLD_INSERT_LIBRARIES)$/,
    (name) =>
      warning(
        `${name} is set: it can load code into keyhand, beside your values`,
        'take it out of what starts keyhand',
      ),
  ],
  [
    /^(?:DEBUG|NODE_DEBUG|UNDICI_DEBUG)$/,
    (name) =>
      warning(
        `${name} is set: libraries may write what they handle to stderr`,
        'take it out of what starts keyhand',
      ),
  ],
]

/** Variables that matter or are ignored, of the environment that this command was started in. */
export const environmentCheck: DoctorCheck = {
  name: 'Environment',
  async run(io) {
    const names = Object.keys(io.env)
      .filter((name) => (io.env[name] ?? '') !== '')
      .sort()
    const findings = names.flatMap((name) =>
      VARIABLES.filter(([pattern]) => pattern.test(name)).map(([, say]) => say(name)),
    )
    const reminder = note(
      'an MCP client starts `keyhand serve` with an environment of its own: see its configuration',
    )
    return [
      ...(findings.length > 0 ? findings : [good('no variable that matters is set')]),
      reminder,
    ]
  },
}
