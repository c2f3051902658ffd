import { SeededRandom } from './seeded-random.ts'

/** A value to be planted, and the part of it that nobody but its holder knows. */
export interface SampleSecret {
  /** As it would stand in a catalog. */
  readonly name: string
  readonly kind: string
  readonly value: string
  /** What runs are counted in: without public prefixes, frames and user names. */
  readonly secretPart: string
}

const DIGITS = '0123456789'
const HEX = `${DIGITS}abcdef`
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const ALPHANUMERIC = `${LETTERS}${DIGITS}`
const PUNCTUATION = '!#$%&*+,-./:;=?@^_~'

const WORDS =
  'anchor basil cactus dagger ember falcon garnet harbor indigo jasper kettle lantern meadow nickel orchid pepper quartz raven saddle timber umber velvet walnut yonder zephyr'.split(
    ' ',
  )

type Maker = (random: SeededRandom) => { value: string; secretPart?: string }

/** The shapes in which credentials come. Nothing here is a real one: all are made from a seed. */
const KINDS: Readonly<Record<string, Maker>> = {
  'github token': (random) => prefixed('ghp_', random.text(36, ALPHANUMERIC)),
  'stripe key': (random) => prefixed('sk_live_', random.text(24, ALPHANUMERIC)),
  'hex 32': (random) => ({ value: random.text(32, HEX) }),
  'hex 64': (random) => ({ value: random.text(64, HEX) }),
  'aws secret key': (random) => ({ value: random.text(40, `${ALPHANUMERIC}+/`) }),
  uuid: (random) => ({
    value: random
      .bytes(16)
      .toString('hex')
      .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
  }),
  passphrase: (random) => ({
    value: `${word(random)} ${word(random)}, "${word(random)}" & <${word(random)}> ${word(random)}; 100% \\${word(random)}/?`,
  }),
  jwt: (random) => {
    const header = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url')
    const payload = Buffer.from(
      JSON.stringify({ sub: random.text(12, DIGITS), jti: random.text(16, ALPHANUMERIC) }),
    ).toString('base64url')
    const tail = `${payload}.${random.bytes(32).toString('base64url')}`
    return { value: `${header}.${tail}`, secretPart: tail }
  },
  'private key': (random) => {
    const body = (random.bytes(138).toString('base64').match(/.{1,64}/g) ?? []).join('\n')
    // In two pieces, so that no scanner of repositories takes this line for a key.
    const frame = (end: string) => `-----${end} PRIVATE ${'KEY'}-----`
    return { value: `${frame('BEGIN')}\n${body}\n${frame('END')}\n`, secretPart: body }
  },
  dsn: (random) => {
    const password = random.text(20, `${ALPHANUMERIC}!$*_~`)
    const value = `postgres://orders_app:${password}@db.internal.example:5432/orders?sslmode=require`
    return { value, secretPart: password }
  },
  'short password': (random) => ({ value: random.text(10, `${ALPHANUMERIC}${PUNCTUATION}`) }),
  'unicode password': (random) => ({ value: `${random.text(14, 'äöüßéçñøłžабвгд日本語鍵')}${random.text(6, ALPHANUMERIC)}` }),
  numeric: (random) => ({ value: `1${random.text(19, DIGITS)}` }),
}

const SECRET_KINDS: readonly string[] = Object.keys(KINDS)

/** A secret of that kind; the same seed gives the same value. */
export function sampleSecret(kind: string, seed = 'corpus'): SampleSecret {
  const make = KINDS[kind]
  if (make === undefined) throw new RangeError(`there is no kind of secret called ${kind}`)
  const { value, secretPart = value } = make(new SeededRandom(`${seed}/${kind}`))
  return { name: kind.replaceAll(' ', '_'), kind, value, secretPart }
}

/** One of each kind. */
export function sampleSecrets(seed = 'corpus'): SampleSecret[] {
  return SECRET_KINDS.map((kind) => sampleSecret(kind, seed))
}

function prefixed(prefix: string, secretPart: string) {
  return { value: `${prefix}${secretPart}`, secretPart }
}

function word(random: SeededRandom): string {
  return random.pick(WORDS)
}
