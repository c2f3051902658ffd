/** What a rule of @secretlint finds. */
export interface RuleKind {
  /** With its article, for people and models. */
  readonly kind: string
  /** Where this is not in a text, the rule finds nothing there, and is not run: each costs as much as reading the text twice. */
  readonly anchor: RegExp
}

/** By the last word of the rule's name; a test holds it against the rules that there are. */
export const RULE_KINDS: Readonly<Record<string, RuleKind>> = {
  '1password': { kind: 'a 1password token', anchor: /ops_ey/ },
  anthropic: { kind: 'an anthropic key', anchor: /sk-ant-/ },
  aws: { kind: 'an aws secret access key', anchor: /secret_?access_?key/i },
  basicauth: { kind: 'a password in an address', anchor: /@/ },
  cloudflare: { kind: 'a cloudflare token', anchor: /cf(?:k|ut|at)_/ },
  'database-connection-string': {
    kind: 'a connection string',
    anchor: /(?:mongodb|mysql|postgres)[a-z+]*:\/\//i,
  },
  databricks: { kind: 'a databricks token', anchor: /dapi/ },
  docker: { kind: 'a docker token', anchor: /dckr_pat_/ },
  figma: { kind: 'a figma token', anchor: /figd_/ },
  github: { kind: 'a github token', anchor: /gh[a-z]_|github_pat_/ },
  gitlab: { kind: 'a gitlab token', anchor: /glpat-/ },
  grafana: { kind: 'a grafana token', anchor: /glc_|glsa_/ },
  groq: { kind: 'a groq key', anchor: /gsk_/ },
  'hashicorp-vault': { kind: 'a vault token', anchor: /hv[a-z]\./ },
  huggingface: { kind: 'a hugging face token', anchor: /hf_/ },
  linear: { kind: 'a linear key', anchor: /lin_api_/ },
  notion: { kind: 'a notion token', anchor: /ntn_/ },
  npm: { kind: 'an npm token', anchor: /npm_|_authToken=|x-oauth-basic@/ },
  openai: { kind: 'an openai key', anchor: /sk-/ },
  privatekey: { kind: 'a private key', anchor: /-----BEGIN/ },
  sendgrid: { kind: 'a sendgrid key', anchor: /SG\./ },
  shopify: { kind: 'a shopify token', anchor: /shp[a-z]{2}_/ },
  slack: { kind: 'a slack token', anchor: /xox|xapp-|hooks\.slack\.com/i },
  stripe: { kind: 'a stripe key', anchor: /k_(?:live|test)_/ },
  tailscale: { kind: 'a tailscale key', anchor: /tskey-/ },
  vercel: { kind: 'a vercel token', anchor: /vc[a-z]_/ },
}
