import { Buffer } from 'node:buffer'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BrokerError } from '../../src/core/errors.ts'
import { Secret } from '../../src/core/secret.ts'
import type { Redactor } from '../../src/redaction/redaction-port.ts'
import { createRedactor, type RedactionStep } from '../../src/redaction/redactor.ts'

const KEY = 'ghp_R4nd0mT0k3nV4lu3+with/odd=chars&"<é>'
const PEM = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
Q0ZvQm9hbGlzZWRUZXN0S2V5VGhhdElzTm90UmVhbEF0QWxsMTIzNDU2Nzg5MDEy
-----END PRIVATE KEY-----
`

function redactorWith(...secrets: readonly (readonly [string, string])[]): Redactor {
  const redactor = createRedactor()
  for (const [name, value] of secrets) redactor.register(new Secret(name, value))
  return redactor
}

function textOf(redactor: Redactor, text: string): string {
  return redactor.session().text(text)
}

/** Encoders as they are met outside, written apart from those of the redactor. */
const ENCODERS: Readonly<Record<string, (value: string) => string>> = {
  raw: (value) => value,
  'JSON.stringify': (value) => JSON.stringify(value).slice(1, -1),
  'PHP json_encode': (value) =>
    escapeUnicode(JSON.stringify(value).slice(1, -1)).replaceAll('/', '\\/'),
  'Python json.dumps': (value) => escapeUnicode(JSON.stringify(value).slice(1, -1)),
  'Go json.Marshal': (value) =>
    JSON.stringify(value)
      .slice(1, -1)
      .replaceAll(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`),
  '.NET System.Text.Json': (value) =>
    escapeUnicode(JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"'), true).replaceAll(
      /[<>&'"+`]/g,
      (c) => `\\u00${c.charCodeAt(0).toString(16).toUpperCase()}`,
    ),
  encodeURIComponent: (value) => encodeURIComponent(value),
  'encodeURIComponent, lower case': (value) =>
    encodeURIComponent(value).replaceAll(/%[\dA-F]{2}/g, (e) => e.toLowerCase()),
  encodeURI: (value) => encodeURI(value),
  URLSearchParams: (value) => new URLSearchParams([['', value]]).toString().slice(1),
  'RFC 3986': (value) =>
    encodeURIComponent(value).replaceAll(
      /[!'()*]/g,
      (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
    ),
  hex: (value) => Buffer.from(value).toString('hex'),
  'hex, upper case': (value) => Buffer.from(value).toString('hex').toUpperCase(),
  base64: (value) => Buffer.from(value).toString('base64'),
  'base64, unpadded': (value) => Buffer.from(value).toString('base64').replaceAll('=', ''),
  base64url: (value) => Buffer.from(value).toString('base64url'),
  'base64 of a:value': (value) => Buffer.from(`a:${value}`).toString('base64'),
  'base64 of user:value': (value) => Buffer.from(`user:${value}`).toString('base64'),
  'base64 of JSON': (value) => Buffer.from(`{"k":"${value}"}`).toString('base64'),
  'base64url of user:value!': (value) => Buffer.from(`user:${value}!`).toString('base64url'),
  HTML: (value) =>
    value
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&#39;'),
  'UTF-8 read as Latin-1': (value) => Buffer.from(value).toString('latin1'),
}

function escapeUnicode(text: string, upper = false): string {
  return text.replaceAll(/[^ -~]/g, (c) => {
    const hex = c.charCodeAt(0).toString(16).padStart(4, '0')
    return `\\u${upper ? hex.toUpperCase() : hex}`
  })
}

describe('a registered value', () => {
  test.each(Object.entries(ENCODERS))('is removed in the form of %s', (_, encode) => {
    const redactor = redactorWith(['k', KEY])
    const encoded = encode(KEY)
    const out = textOf(redactor, `{"echo": ${encoded} }`)
    expect(out).toContain('[secret k]')
    for (let i = 0; i + 6 <= encoded.length; i++) {
      const piece = encoded.slice(i, i + 6)
      // `user:` and `{"k":"` in front are not the value.
      if (!/^(?:dXNlcj|YTpna|eyJrIj)/.test(piece) && i > 5) expect(out).not.toContain(piece)
    }
  })

  test('leaves nothing of its first and last bits beside it in base64', () => {
    const left = (value: string, before: string, after: string) =>
      textOf(
        redactorWith(['k', value]),
        Buffer.from(`${before}${value}${after}`).toString('base64'),
      )
    for (const before of ['', '(', '((', '(((']) {
      for (const after of ['', ')', '))', ')))']) {
        const shown = left('R4nd0mT0k3nV4lu3', before, after)
        expect(shown).toContain('[secret k]')
        expect(left('!4nd0mT0k3nV4lu!', before, after)).toBe(shown)
      }
    }
  })

  test('is removed in every form, whatever it is and wherever it stands', () => {
    const value = fc
      .string({ unit: 'grapheme', minLength: 8, maxLength: 48 })
      .filter((text) => text.trim().length >= 8 && text.isWellFormed())
    const around = fc.string({ unit: fc.constantFrom('.', ' ', '"', '\n', '{', ',') })
    fc.assert(
      fc.property(
        value,
        fc.constantFrom(...Object.keys(ENCODERS)),
        around,
        around,
        fc.array(fc.nat(400), { maxLength: 6 }),
        (secret, encoder, before, after, cuts) => {
          const redactor = redactorWith(['k', secret])
          const encoded = (ENCODERS[encoder] ?? String)(secret.trim())
          const text = `${before}${encoded}${after}`
          const session = redactor.session()
          const out = session.text(text)
          expect(out).not.toContain(encoded)
          expect(out).toContain('[secret k]')
          const charset = encoder === 'UTF-8 read as Latin-1' ? 'latin1' : 'utf8'
          const bytes = Buffer.from(session.bytes(Buffer.from(text, charset)))
          expect(bytes.includes(Buffer.from(encoded, charset))).toBe(false)
          const stream = session.stream()
          const places = [0, ...cuts.sort((a, b) => a - b), text.length]
          const pieces = places.map((place, i) =>
            stream.push(text.slice(places[i - 1] ?? 0, place)),
          )
          expect(pieces.join('') + stream.end()).toBe(out)
        },
      ),
      { numRuns: 1_000 },
    )
  })

  test('is removed with either end of line, escaped or not, with or without the last one', () => {
    const redactor = redactorWith(['k', PEM])
    const windows = PEM.replaceAll('\n', '\r\n')
    for (const text of [PEM, windows, PEM.trim(), windows.trim()]) {
      for (const encode of [String, JSON.stringify, encodeURIComponent, base64, hex]) {
        const out = textOf(redactor, `<${encode(text)}>`)
        expect(out).toMatch(/^<"?\[secret k\](?:"|\\r|\\n|\r|\n|%0D|%0A|=|0d|0a|\w{1,4})*>$/)
      }
    }
  })

  test('with lines that are spelled out is removed with real lines too', () => {
    const redactor = redactorWith(['k', PEM.trim().replaceAll('\n', '\\n')])
    expect(textOf(redactor, PEM)).toBe('[secret k]\n')
  })

  test('is removed from a connection string, and its password by itself', () => {
    const redactor = redactorWith(['db', 'postgres://orders:p%40ssw0rd-Zx81@orders.internal/db'])
    expect(textOf(redactor, 'postgres://orders:p%40ssw0rd-Zx81@orders.internal/db')).toBe(
      '[secret db]',
    )
    expect(textOf(redactor, 'PGPASSWORD=p@ssw0rd-Zx81')).toBe('PGPASSWORD=[secret db]')
    expect(textOf(redactor, 'orders.internal')).toBe('orders.internal')
  })

  test('that is blank, a user name or an address hides nothing', () => {
    const redactor = redactorWith(['empty', ''], ['blank', ' \n'])
    redactor.register(new Secret('db', 'postgres', 'username'))
    redactor.register(new Secret('db', '5432', 'port'))
    expect(textOf(redactor, 'postgres listens at 5432')).toBe('postgres listens at 5432')
  })

  test('is found from its registration on, also in a stream that has begun', () => {
    const redactor = redactorWith(['k', 'first-value-of-all'])
    const stream = redactor.session().stream()
    expect(stream.push('second-val first-va')).toBe('second-val ')
    redactor.register(new Secret('minted', 'second-value-of-all'))
    expect(stream.push('lue-of-all second-value-of')).toBe('[secret k] ')
    expect(stream.push('-all')).toBe('')
    expect(stream.end()).toBe('[secret minted]')
  })

  test('that two secrets share is named after the first', () => {
    const redactor = redactorWith(['a', 'the-same-value'], ['b', 'the-same-value'])
    expect(textOf(redactor, 'the-same-value')).toBe('[secret a]')
  })

  test('inside another goes with it, and overlapping ones become one marker', () => {
    const redactor = redactorWith(['inner', 'value-two'], ['outer', 'one-value-two-three'])
    expect(textOf(redactor, 'one-value-two-three')).toBe('[secret outer]')
    expect(textOf(redactor, 'a value-two here')).toBe('a [secret inner] here')
    const overlapping = redactorWith(['a', 'abcdef-ghijkl'], ['b', 'ghijkl-mnopqr'])
    expect(textOf(overlapping, '.abcdef-ghijkl-mnopqr.')).toBe('.[secret a].')
  })
})

describe('the redactor', () => {
  test('shows no value when it is printed', () => {
    const redactor = redactorWith(['k', 'R4nd0mT0k3nV4lu3'])
    const session = redactor.session()
    session.text('R4nd0mT0k3nV4lu3')
    const stream = session.stream()
    stream.push('R4nd0mT0k3n')
    for (const printed of [redactor, session, stream]) {
      expect(inspect(printed, { depth: 20, showHidden: true })).not.toContain('R4nd0m')
      expect(JSON.stringify(printed)).not.toContain('R4nd0m')
    }
  })

  test('counts what it replaced, of one session alone, a stream among it', () => {
    const redactor = redactorWith(['k', 'R4nd0mT0k3nV4lu3'])
    const session = redactor.session()
    session.text('R4nd0mT0k3nV4lu3, R4nd0mT0k3nV4lu3')
    session.bytes(Buffer.from('R4nd0mT0k3nV4lu3'))
    const stream = session.stream()
    for (const unit of 'R4nd0mT0k3nV4lu3.') stream.push(unit)
    stream.end()
    expect(session.counts).toEqual({ byName: { k: 4 }, partial: 0 })
    expect(redactor.session().counts).toEqual({ byName: {}, partial: 0 })
  })

  test('knows 1,000 values as well as one', () => {
    const values = Array.from({ length: 1_000 }, (_, i) => hex(`${i}:${i * 7919}`) + hex(`${i}!`))
    const redactor = redactorWith(...values.map((value, i) => [`s${i}`, value] as const))
    const out = textOf(redactor, values.join(' '))
    expect(out).toBe(values.map((_, i) => `[secret s${i}]`).join(' '))
  })
})

describe('a short value', () => {
  test.each(['7', 'ok', 'pin', '1234', 'admin', 'complete', 'content', 'é', '😀'])(
    '`%s` is removed wherever it stands, and nothing else',
    (value) => {
      const redactor = redactorWith(['k', value])
      expect(textOf(redactor, `<${value}> and ${value}`)).toBe('<[secret k]> and [secret k]')
      expect(textOf(redactor, 'Buy 3 or 4 figs; 0x3f.')).toBe('Buy 3 or 4 figs; 0x3f.')
    },
  )

  test.each(['secret', 'k', 'ret', ' ', '[secret k]', 'secret k'])(
    '`%s`, which a marker holds, does not loop and leaves markers as they are',
    (value) => {
      const redactor = redactorWith(['k', value])
      const once = textOf(redactor, `a ${value} b`)
      expect(textOf(redactor, once)).toBe(once)
      expect(textOf(redactor, '[secret k]')).toBe('[secret k]')
      const stream = redactor.session().stream()
      const pieces = once.split('').map((unit) => stream.push(unit))
      expect(pieces.join('') + stream.end()).toBe(once)
    },
  )
})

describe('JSON', () => {
  const redactor = redactorWith(['k', 'R4nd0mT0k3nV4lu3'], ['pin', '123456'], ['word', 'true'])

  test('is redacted in strings, names and numbers at any depth', () => {
    const session = redactor.session()
    const out = session.json({
      a: ['x R4nd0mT0k3nV4lu3 y', { R4nd0mT0k3nV4lu3: 1, deep: [123456, 91234567, 12345] }],
      b: true,
      c: null,
    })
    expect(out).toEqual({
      a: ['x [secret k] y', { '[secret k]': 1, deep: ['[secret pin]', '[secret pin]', 12345] }],
      b: true,
      c: null,
    })
    expect(session.counts).toEqual({ byName: { k: 2, pin: 2 }, partial: 0 })
  })

  test('keeps both of two names that become the same', () => {
    const out = redactor.session().json({
      R4nd0mT0k3nV4lu3: 1,
      UjRuZDBtVDBrM25WNGx1Mw: 2,
      '[secret k]#2': 3,
      '[secret k]': 4,
    })
    expect(out).toEqual({
      '[secret k]#3': 1,
      '[secret k]#4': 2,
      '[secret k]#2': 3,
      '[secret k]': 4,
    })
    expect(
      redactor.session().json({ R4nd0mT0k3nV4lu3: 1, UjRuZDBtVDBrM25WNGx1Mw: 2, z: 3 }),
    ).toEqual({ '[secret k]': 1, '[secret k]#2': 2, z: 3 })
  })

  test('keeps a name `__proto__` a name', () => {
    const out = redactor
      .session()
      .json(Object.fromEntries([['__proto__', { a: 'R4nd0mT0k3nV4lu3' }]]))
    expect(JSON.stringify(out)).toBe('{"__proto__":{"a":"[secret k]"}}')
  })

  test('in which nothing was found is the same object', () => {
    const clean = { a: [1, 'x', { b: null }] }
    expect(redactor.session().json(clean)).toBe(clean)
  })

  test('of a value with any escape is found, since strings are read decoded', () => {
    const text = '"\\u00524nd0mT0k3nV4lu\\u0033"'
    expect(redactor.session().json(String(JSON.parse(text)))).toBe('[secret k]')
  })

  test('finds a decimal that JSON writes otherwise', () => {
    expect(redactorWith(['n', '1234.50']).session().json([1234.5])).toEqual(['[secret n]'])
  })

  test('that nests too deep is withheld', () => {
    let deep: unknown = 'x'
    for (let i = 0; i < 200_000; i++) deep = [deep]
    expectFailure(() => redactor.session().json(deep as never))
  })
})

describe('bytes', () => {
  test('are searched as they are, and keep what is not text', () => {
    const redactor = redactorWith(['k', 'Pässwört-Nr-1'])
    const bytes = Buffer.concat([
      Buffer.from([0xff, 0xfe, 0x00]),
      Buffer.from('Pässwört-Nr-1'),
      Buffer.from([0x80]),
    ])
    const out = redactor.session().bytes(bytes)
    expect([...out]).toEqual([0xff, 0xfe, 0x00, ...Buffer.from('[secret k]'), 0x80])
    const clean = Uint8Array.of(1, 2, 255)
    expect(redactor.session().bytes(clean)).toBe(clean)
  })
})

describe('an input', () => {
  const token = 'ghp_R4nd0mT0k3nV4lu3R4nd0mT0k3nXyz012345'
  const redactor = redactorWith(
    ['k', token],
    ['login', 'correcthorsebattery'],
    ['digest', '8f14e45fceea167a5a36dedd4bea2543'],
    ['pin', '123456'],
  )
  redactor.register(new Secret('login', 'admin:correcthorsebattery'))

  test.each([
    ['the value', { path: `/x/${token}` }, 'value', 'k'],
    ['a name', { [token]: 1 }, 'value', 'k'],
    ['base64', [Buffer.from(`u:${token}`).toString('base64')], 'value', 'k'],
    ['a number', { n: 123456 }, 'value', 'pin'],
    ['a third of the secret part', { q: `${token.slice(10, 22)}` }, 'run', 'k'],
    ['a run among other text', { q: `x_${token.slice(9, 22)}.` }, 'run', 'k'],
    ['a run in a name', { [`${token.slice(20, 36)}`]: 1 }, 'run', 'k'],
    ['a run of a password', 'recthors', 'run', 'login'],
    ['12 digits of hex', 'ceea167a5a36', 'run', 'digest'],
  ] as const)('that holds %s is found', (_, input, kind, name) => {
    expect(redactor.inspectInput(input as never)).toEqual({ kind, name })
  })

  test.each([
    ['less than a third', { q: token.slice(10, 21) }],
    ['the public prefix', 'ghp_'],
    ['the prefix and less than a third', token.slice(0, 15)],
    ['a user name', 'admin'],
    ['a user name and seven characters', 'admin:correct'],
    ['11 digits of hex', 'ceea167a5a3'],
    ['a marker', '[secret k] and [secret login]'],
    ['ordinary words', { method: 'GET', path: '/repos/acme/site', n: 12345 }],
  ])('that holds %s is let pass', (_, input) => {
    expect(redactor.inspectInput(input)).toBeNull()
  })

  test('is searched for runs in time that grows no faster than it', () => {
    const steps = [20_000, 40_000].map((size) => {
      const meter = { steps: 0 }
      const counted = createRedactor({ meter })
      counted.register(new Secret('k', token))
      expect(counted.inspectInput(`${token.slice(6, 17)}Q`.repeat(size / 12))).toBeNull()
      return meter.steps
    })
    expect(steps[1]).toBeLessThan(2.2 * (steps[0] ?? 0))
  })

  test('that would take too long, with a value made for it, is refused by an error', () => {
    const degenerate = redactorWith(['k', 'a'.repeat(900)])
    let thrown: unknown
    try {
      degenerate.inspectInput(`${'a'.repeat(299)}b`.repeat(1_000))
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({
      code: 'redaction_failed',
      message: 'the search for parts of values took too long',
    })
  })
})

describe('a fault', () => {
  const steps: readonly RedactionStep[] = [
    'register',
    'text',
    'json',
    'bytes',
    'push',
    'end',
    'input',
  ]

  test.each(steps)('in `%s` withholds the message', (failing) => {
    const redactor = createRedactor({
      fault: (step) => {
        if (step === failing) throw new Error('R4nd0mT0k3nV4lu3 was here')
      },
    })
    const session = redactor.session()
    const stream = session.stream()
    const work: Record<RedactionStep, () => unknown> = {
      register: () => redactor.register(new Secret('k', 'R4nd0mT0k3nV4lu3')),
      text: () => session.text('x'),
      json: () => session.json('x'),
      bytes: () => session.bytes(Uint8Array.of(1)),
      push: () => stream.push('x'),
      end: () => stream.end(),
      input: () => redactor.inspectInput('x'),
    }
    expectFailure(work[failing])
  })

  test('in a stream makes all that follows fail', () => {
    let broken = true
    const redactor = createRedactor({
      fault: (step) => {
        if (step === 'push' && broken) throw new Error('once')
      },
    })
    const stream = redactor.session().stream()
    expectFailure(() => stream.push('x'))
    broken = false
    expectFailure(() => stream.push('x'))
    expectFailure(() => stream.end())
  })
})

function expectFailure(work: () => unknown): void {
  let thrown: unknown
  try {
    work()
  } catch (error) {
    thrown = error
  }
  expect(thrown).toBeInstanceOf(BrokerError)
  const error = thrown as BrokerError
  expect(error.code).toBe('redaction_failed')
  expect(error.message).toBe('redaction failed, so the message is withheld')
  expect(error.cause).toBeUndefined()
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

function hex(text: string): string {
  return Buffer.from(text).toString('hex')
}
