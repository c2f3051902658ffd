import { createHash } from 'node:crypto'

/** Characters that look random and are the same in every run. */
export function randomLike(length: number, alphabet = BASE62, seed = 'sample'): string {
  let out = ''
  for (let round = 0; out.length < length; round++) {
    for (const byte of createHash('sha512').update(`${seed} ${round}`).digest()) {
      out += alphabet[byte % alphabet.length] ?? ''
    }
  }
  return out.slice(0, length)
}

export const BASE62 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const LETTERS = BASE62.slice(0, 52)
export const HEX = '0123456789abcdef'

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A signed token, whose signature is of nothing. */
export const JWT = `${base64url({ alg: 'RS256', kid: 'a1' })}.${base64url({ sub: '7', exp: 1 })}.${randomLike(86)}`

/** A private key's form, which opens nothing. INVARIANT: made here, so that no scanner takes this file for a leak. */
export const PEM = [
  `-----BEGIN ${'PRIVATE'} KEY-----`,
  ...[1, 2, 3, 4].map((line) => `MII${randomLike(61, BASE62, `line ${line}`)}`),
  `-----END ${'PRIVATE'} KEY-----`,
].join('\n')

/** One value of each shape that @secretlint's rules know, by the last word of the rule's name. */
export const LINT_SAMPLES: Readonly<Record<string, string>> = {
  '1password': `ops_${base64url({ email: 'a@b.example', secretKey: randomLike(100), x: {} })}`,
  anthropic: `sk-ant-api03-${randomLike(93)}AA`,
  aws: `AWS_SECRET_ACCESS_KEY="${randomLike(40)}"`,
  basicauth: `https://robot:${randomLike(20)}@git.example.com/a`,
  cloudflare: `cfut_${randomLike(40)}${randomLike(8, HEX)}`,
  'database-connection-string': `postgres://app:${randomLike(20)}@db.example.com/orders`,
  databricks: `dapi${randomLike(32, HEX)}`,
  docker: `dckr_pat_${randomLike(27)}`,
  figma: `figd_${randomLike(43)}`,
  github: `ghp_${randomLike(36)}`,
  gitlab: `glpat-${randomLike(20)}`,
  grafana: `glsa_${randomLike(32)}_${randomLike(8, HEX)}`,
  groq: `gsk_${randomLike(52)}`,
  'hashicorp-vault': `hvs.${randomLike(95)}`,
  huggingface: `hf_${randomLike(34, LETTERS)}`,
  linear: `lin_api_${randomLike(40)}`,
  notion: `ntn_${randomLike(11, '0123456789')}${randomLike(35)}`,
  npm: `npm_${randomLike(36)}`,
  openai: `sk-proj-${randomLike(74)}T3BlbkFJ${randomLike(74)}`,
  privatekey: PEM,
  sendgrid: `SG.${randomLike(22)}.${randomLike(43)}`,
  shopify: `shpat_${randomLike(32, HEX)}`,
  slack: `xoxb-${randomLike(12, '0123456789')}-${randomLike(24)}`,
  stripe: `sk_live_${randomLike(24)}`,
  tailscale: `tskey-auth-${randomLike(12)}-${randomLike(32)}`,
  vercel: `vcp_${randomLike(40)}`,
}
