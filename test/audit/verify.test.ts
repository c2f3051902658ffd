import { describe, expect, test } from 'vitest'
import { makeRecord, NO_PREVIOUS, recordHash } from '../../src/audit/record.ts'
import { NOT_DETECTED, verifyTrail } from '../../src/audit/verify.ts'
import { canonicalJson } from '../../src/core/canonical-json.ts'
import { EVENTS, fileOf, headOf, linesOf } from './sample-trail.ts'

const A = '20261123T174500000Z-4711-00000001.jsonl'
const B = '20261123T180000000Z-4712-00000002.jsonl'

const [open, ...rest] = EVENTS
const LINES = linesOf([{ kind: 'open' }, ...rest])

const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')

/** Verifies one file with the head of the untouched one. */
function verify(content: string) {
  return verifyTrail([fileOf(A, content)], [headOf(A, LINES)])
}

async function found(content: string): Promise<string[]> {
  const { problems } = await verify(content)
  return problems.map(
    ({ severity, kind, file, line }) => `${severity} ${kind} ${file === A ? 'A' : file}:${line}`,
  )
}

test('an untouched trail is right, and the report still says what is not detected', async () => {
  expect(await verify(text(LINES))).toEqual({
    ok: true,
    files: 1,
    records: LINES.length,
    problems: [],
    omitted: 0,
    notDetected: NOT_DETECTED,
  })
  expect(NOT_DETECTED).toBe(
    'not detected without a seal kept elsewhere: a full rewrite of the trail and of state.db by the same OS user',
  )
})

describe('an edit is found at its line', () => {
  const edits: Record<string, (line: string) => string> = {
    'another agent': (line) => line.replace('"agent":"claude-code"', '"agent":"someone-else"'),
    'another decision': (line) => line.replace('"decision":"deny"', '"decision":"allow"'),
    'a field more': (line) => line.replace('"v":1', '"v":1,"zz":1'),
    'a field less': (line) => line.replace('"reason":"no_rule",', ''),
    'a field twice': (line) => line.replace('{"agent"', '{"agent":"x","agent"'),
    'a space': (line) => line.replace('{', '{ '),
    'fields in another order': (line) => line.replace(/^\{("agent":"[^"]*"),(.*)\}$/, '{$2,$1}'),
    'an escape for a character': (line) => line.replace('claude', '\\u0063laude'),
    'another time': (line) => line.replace('17:45:04', '17:45:05'),
    'a carriage return': (line) => `${line}\r`,
  }
  for (const [name, edit] of Object.entries(edits)) {
    test(name, async () => {
      const edited = LINES.map((line, index) => (index === 4 ? edit(line) : line))
      expect(edited).not.toEqual(LINES)
      expect(await found(text(edited))).toEqual(['problem edited A:5'])
      expect((await verify(text(edited))).ok).toBe(false)
    })
  }

  test('a line that is no record', async () => {
    const edited = LINES.map((line, index) => (index === 4 ? 'gone' : line))
    expect(await found(text(edited))).toEqual(['problem damaged A:5'])
  })

  test('a record with a new hash of its own breaks the chain after it', async () => {
    const edited = LINES.map((line, index) => (index === 4 ? rehashed(line, { agent: 'x' }) : line))
    expect(await found(text(edited))).toEqual(['problem chain A:6'])
  })

  test('the last record with a new hash of its own is not the one that state.db knows', async () => {
    const last = LINES.length - 1
    const edited = LINES.map((line, index) =>
      index === last ? rehashed(line, { agent: 'x' }) : line,
    )
    expect(await found(text(edited))).toEqual([`problem replaced A:${LINES.length}`])
  })

  test('a whole new chain in its place is not the one that state.db knows', async () => {
    const forged = linesOf(LINES.map(() => ({ kind: 'open' }) as const))
    expect(await found(text(forged))).toEqual([`problem replaced A:${LINES.length}`])
  })
})

describe('what is removed or moved is found', () => {
  test('a record from the middle', async () => {
    const { problems } = await verify(text(LINES.toSpliced(3, 2)))
    expect(problems).toEqual([
      {
        severity: 'problem',
        kind: 'sequence',
        file: A,
        line: 4,
        message: 'record 6 follows record 3: 2 records were removed',
      },
    ])
  })

  test('the first record', async () => {
    const { problems } = await verify(text(LINES.slice(1)))
    expect(problems.map(({ line, message }) => [line, message])).toEqual([
      [1, 'the file begins with record 2: its beginning was removed'],
    ])
  })

  test('the last record', async () => {
    const { problems } = await verify(text(LINES.slice(0, -1)))
    expect(problems.map(({ kind, message }) => [kind, message])).toEqual([
      ['cut', 'the file ends at record 7, and record 8 was written: its end was cut off'],
    ])
  })

  test('all records', async () => {
    expect(await found('')).toEqual(['problem cut A:null'])
  })

  test('the file', async () => {
    const { ok, problems } = await verifyTrail([], [headOf(A, LINES)])
    expect(ok).toBe(false)
    expect(problems).toEqual([
      {
        severity: 'problem',
        kind: 'missing_file',
        file: A,
        line: null,
        message: 'the file is missing: it had 8 records or more',
      },
    ])
  })

  test('two records that changed places', async () => {
    const swapped = LINES.toSpliced(3, 2, LINES[4] ?? '', LINES[3] ?? '')
    expect(await found(text(swapped))).toEqual([
      'problem sequence A:4',
      'problem sequence A:5',
      'problem sequence A:6',
    ])
  })

  test('a record that stands twice', async () => {
    expect(await found(text(LINES.toSpliced(4, 0, LINES[3] ?? '')))).toEqual([
      'problem sequence A:5',
    ])
  })

  test('a line removed and another damaged to hide it', async () => {
    const lines = LINES.toSpliced(3, 1).toSpliced(5, 1, 'x')
    expect(await found(text(lines))).toEqual(['problem sequence A:4', 'problem damaged A:6'])
  })
})

describe('without state.db', () => {
  const headsOfA = { kind: 'open', heads: [headOf(A, LINES)] } as const

  test('what a later file names is still missed', async () => {
    const b = fileOf(B, text(linesOf([headsOfA])))
    const { problems } = await verifyTrail([fileOf(A, text(LINES.slice(0, 5))), b], null)
    expect(problems.map(({ kind, file }) => `${kind} ${file}`)).toEqual([
      'no_heads state.db',
      `cut ${A}`,
    ])
    expect((await verifyTrail([b], null)).problems.map(({ kind }) => kind)).toEqual([
      'no_heads',
      'missing_file',
    ])
  })

  test('that it was not there is a warning', async () => {
    const { ok, problems } = await verifyTrail([fileOf(A, text(LINES))], null)
    expect(ok).toBe(true)
    expect(problems.map(({ severity, kind }) => `${severity} ${kind}`)).toEqual([
      'warning no_heads',
    ])
  })
})

describe('what a crash leaves behind is reported and survived', () => {
  test('a last line without its end', async () => {
    const torn = `${text(LINES)}{"action":"a3a3`
    expect(await found(torn)).toEqual([`warning torn A:${LINES.length + 1}`])
    expect((await verify(torn)).ok).toBe(true)
  })

  test('but not where that record was acknowledged', async () => {
    const cut = text(LINES).slice(0, -20)
    expect(await found(cut)).toEqual([
      `warning torn A:${LINES.length}`,
      `problem cut A:${LINES.length}`,
    ])
    expect((await verify(cut)).ok).toBe(false)
  })

  test('records that were synced before their head was kept', async () => {
    const { ok, problems } = await verifyTrail(
      [fileOf(A, text(LINES))],
      [headOf(A, LINES.slice(0, 3))],
    )
    expect({ ok, problems }).toEqual({ ok: true, problems: [] })
  })

  test('an empty file, and a name whose file was never made', async () => {
    const heads = [A, B].map((file) => ({ file, seq: 0, hash: NO_PREVIOUS }))
    const { ok, problems } = await verifyTrail([fileOf(A, '')], heads)
    expect(ok).toBe(true)
    expect(problems.map(({ severity, kind }) => `${severity} ${kind}`)).toEqual(['warning empty'])
  })
})

test('a file that state.db does not know is reported', async () => {
  const b = fileOf(B, text(linesOf([{ kind: 'open' }])))
  const { problems } = await verifyTrail([fileOf(A, text(LINES)), b], [headOf(A, LINES)])
  expect(problems.map(({ severity, kind, file }) => `${severity} ${kind} ${file}`)).toEqual([
    `warning unknown_file ${B}`,
  ])
})

test('a file that cannot be read is a problem, not the end', async () => {
  const unreadable = {
    name: A,
    lines: async function* () {
      yield await Promise.reject(Object.assign(new Error('no'), { code: 'EACCES' }))
    },
  }
  const b = fileOf(B, text(linesOf([{ kind: 'open' }])))
  const { ok, records, problems } = await verifyTrail([unreadable, b], null)
  expect({ ok, records }).toEqual({ ok: false, records: 1 })
  expect(problems.map(({ message }) => message)).toContain(
    'the file cannot be read (EACCES): its records are not verified',
  )
})

test('fields that this version does not know are part of the record', async () => {
  const lines = [
    rehashed(linesOf([open ?? { kind: 'open' }])[0] ?? '', { sealed_by: { key: [1, null] } }),
  ]
  expect((await verifyTrail([fileOf(A, text(lines))], [headOf(A, lines)])).problems).toMatchObject([
    { kind: 'missing_file' },
  ])
  const edited = lines.map((line) => line.replace('[1,null]', '[2,null]'))
  const { problems } = await verifyTrail([fileOf(A, text(edited))], [headOf(A, lines)])
  expect(problems.map(({ kind }) => kind)).toContain('edited')
})

test('a record of a version that is not known is no success', async () => {
  const lines = [rehashed(LINES[0] ?? '', { v: 2 })]
  const { ok, problems } = await verifyTrail([fileOf(A, text(lines))], [headOf(A, lines)])
  expect(ok).toBe(false)
  expect(problems.map(({ kind, message }) => [kind, message])).toEqual([
    ['version', 'this keyhand knows records of version 1 only: verify with a newer one'],
  ])
})

test('names that an object inherits are nothing special', async () => {
  const line = '{"__proto__":{"v":1},"constructor":1,"hash":"x","seq":"1"}'
  const { problems } = await verifyTrail([fileOf(A, `${line}\n`)], [])
  expect(problems.map(({ kind }) => kind)).toEqual(['version', 'edited', 'damaged', 'unknown_file'])
})

test('a line nested ten thousand deep is an edited one', async () => {
  const line = `{"v":1,"seq":1,"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`
  const { ok, problems } = await verifyTrail([fileOf(A, `${line}\n`)], [])
  expect(ok).toBe(false)
  expect(problems[0]?.kind).toBe('edited')
})

test('of very many problems the first are listed and the rest counted', async () => {
  const { problems, omitted, ok } = await verifyTrail([fileOf(A, 'x\n'.repeat(1_500))], [])
  expect({ ok, listed: problems.length, omitted }).toEqual({
    ok: false,
    listed: 1_000,
    omitted: 502,
  })
})

test('every single-byte edit of a trail is found', async () => {
  const content = text(LINES.slice(0, 2))
  const head = headOf(A, LINES.slice(0, 2))
  for (let at = 0; at < content.length; at += 1) {
    for (const with_ of ['0', ' ', '\n', '']) {
      const edited = content.slice(0, at) + with_ + content.slice(at + 1)
      if (edited === content) continue
      const { ok } = await verifyTrail([fileOf(A, edited)], [head])
      expect(ok, `${at} ${JSON.stringify(with_)}`).toBe(false)
    }
  }
})

test('a record is verified as it was made, whatever its event held', async () => {
  const { line, record } = makeRecord(
    { kind: 'refused', tool: 'é\u2028"\\\u0000😀', ms: 1.5e-7, bytes: 2 ** 53 },
    { seq: 1, prev: NO_PREVIOUS, time: 0, osUser: 'ada', pid: 1 },
  )
  const { problems } = await verifyTrail(
    [fileOf(A, `${line}\n`)],
    [{ file: A, seq: 1, hash: record.hash }],
  )
  expect(problems).toEqual([])
})

function rehashed(line: string, change: Record<string, unknown>): string {
  const { hash: _, ...content } = { ...(JSON.parse(line) as Record<string, unknown>), ...change }
  return canonicalJson({ ...content, hash: recordHash(content) })
}
