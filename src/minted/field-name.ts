/** What the name of a field says of its value. */
export interface NamedKind {
  /** With its article, for people and models. */
  readonly kind: string
  /**
   * `sure`: the name is used for credentials only. `likely`: it is used for other things too, so that the value has to look random.
   */
  readonly trust: 'sure' | 'likely'
  /** True where the value is chosen by people, and may be short or of several words. */
  readonly phrase: boolean
}

const NAMED: readonly (readonly [pattern: RegExp, kind: string])[] = [
  [
    /(?:access|refresh|id|auth|authentication|authorization|bearer|session|security|oauth)token$/,
    'a token',
  ],
  [/(?:impersonation|personalaccess|sas|bot|api)token$/, 'a token'],
  [
    /(?:client|app|application|consumer|signing|webhook|shared|hmac|totp|api|oauth)secret$/,
    'a secret',
  ],
  [/secret(?:access)?key$/, 'a secret key'],
  [
    /(?:private|api|app|signing|encryption|master|account|storage|sharedaccess|service|servicerole|subscription)key$/,
    'a key',
  ],
  [/clientkeydata$/, 'a private key'],
  [/connectionstring$/, 'a connection string'],
  [/(?:recovery|backup|scratch)code$/, 'a recovery code'],
  [/^(?:proxy)?authorization$/, 'a credential'],
]

const PHRASES = /(?:password|passwd|passphrase|passcode|pwd|mnemonic|(?:seed|recovery)phrase)$/

const LIKELY: readonly (readonly [pattern: RegExp, kind: string])[] = [
  [/(?:token|jwt)$/, 'a token'],
  [/secret$/, 'a secret'],
  [/(?:^auth|credential)$/, 'a credential'],
]

// Where an answer goes on, what makes a request count once, which version it was: worth nothing to whoever reads them.
const HARMLESS =
  /(?:page|next|prev|previous|continuation|continue|cursor|sync|pagination|paging|resume|offset|start|last|end|scroll|marker|idempotency|request|change|delta|lock|concurrency|version|csrf|xsrf|push|device|stop|eos|bos|pad|unk|mask|special)token$/

const judged = new Map<string, NamedKind | null>()
/** Names come from upstreams: what is kept of them is bounded. */
const MOST_JUDGED = 2_000

/** Null for a name that says nothing of credentials. Case and separators do not matter: `api_key`, `apiKey`, `API-Key`. */
export function namedKind(name: string): NamedKind | null {
  if (name.length > 128) return null
  const known = judged.get(name)
  if (known !== undefined) return known
  if (judged.size >= MOST_JUDGED) judged.clear()
  const kind = judge(name.toLowerCase().replaceAll(/[^a-z0-9]/g, ''))
  judged.set(name, kind)
  return kind
}

function judge(plain: string): NamedKind | null {
  if (PHRASES.test(plain)) return { kind: 'a password', trust: 'sure', phrase: true }
  if (HARMLESS.test(plain)) return null
  const sure = NAMED.find(([pattern]) => pattern.test(plain))
  if (sure !== undefined) return { kind: sure[1], trust: 'sure', phrase: false }
  const likely = LIKELY.find(([pattern]) => pattern.test(plain))
  if (likely === undefined) return null
  // A field that is called just that holds one, whatever it looks like.
  return { kind: likely[1], trust: plain === 'token' ? 'sure' : 'likely', phrase: false }
}

/** The name that the elements of a list have: `api_keys` holds one `api_key` after the other. */
export function elementName(name: string): string {
  return /[A-Za-z]{3}s$/.test(name) ? name.slice(0, -1) : name
}
