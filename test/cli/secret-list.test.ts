import { describe, expect, it } from 'vitest'
import { openCatalog } from '../../src/cli/catalog-file.ts'
import { composeFamilies, composeRecords, refreshKey } from '../../src/compose.ts'
import { isRefusal } from '../../src/core/refusal.ts'
import { referenceDigest } from '../../src/secrets/memory-notes.ts'
import { fileHome, write } from '../support/command-line.ts'

describe('keyhand secret list', () => {
  it('says where each secret lives and which tools use it, and resolves nothing', async () => {
    const box = await fileHome()
    const { code, out, err } = await box.run(['secret', 'list'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toBe(
      'NAME      PROVIDER  WHERE              TAGS  WATCH   CACHE  CACHED  AGE  USED BY  LAST USED\n' +
        'api_key   file      -                  -     always  -      -       -    shop     -\n' +
        'ci_token  env       variable CI_TOKEN  -     always  -      -       -    -        -\n',
    )
    expect(box.records()).toEqual([])
  })

  it('prints the same as data', async () => {
    const { data } = await (await fileHome()).json(['secret', 'list'])
    expect(data).toEqual({
      secrets: [
        {
          name: 'api_key',
          provider: 'file',
          instance: 'file',
          reference: {},
          tags: {},
          watch: 'always',
          cache_ms: 0,
          cached_until: null,
          version_created: null,
          tools: ['shop'],
          last_used: null,
        },
        {
          name: 'ci_token',
          provider: 'env',
          instance: 'env',
          reference: { variable: 'CI_TOKEN' },
          tags: {},
          watch: 'always',
          cache_ms: 0,
          cached_until: null,
          version_created: null,
          tools: [],
          last_used: null,
        },
      ],
    })
  })

  it('lists an entry with a mistake as one', async () => {
    const box = await fileHome(
      'version: 1\nsecrets:\n  a: { provider: nowhere }\n  b: { provider: file, cache: 5m }\n',
    )
    const { code, out } = await box.run(['secret', 'list'])
    expect(code).toBe(0)
    expect(out).toContain('a     (with a mistake: keyhand scope check)')
    expect(out).toMatch(/^b +file +- +- +always +5m +- +- +- +-$/m)
  })

  it('says the name of the provider in this catalog, and the tags', async () => {
    const box = await fileHome(
      'version: 1\nproviders: { ci: { type: env } }\nsecrets:\n  a: { provider: ci, variable: A, tags: { environment: staging, team: web } }\n',
    )
    const { out } = await box.run(['secret', 'list'])
    expect(out).toMatch(
      /^a +ci +variable A +environment=staging, team=web +always +- +- +- +- +-$/m,
    )
  })

  it('says when a call last used it', async () => {
    const box = await fileHome()
    const uses = [{ name: 'api_key', provider: 'file', version: '1' }]
    const { trail, close } = await composeRecords(box)
    await trail.append({ kind: 'outcome', agent: 'tester', secrets: uses })
    await close()
    const outcome = box.records().find(({ kind }) => kind === 'outcome')
    const { data } = await box.json(['secret', 'list'])
    expect(data).toMatchObject({
      secrets: [{ name: 'api_key', last_used: outcome?.['time'] }, { last_used: null }],
    })
  })

  it('says what a running server has in memory, for how long, and how old its version is', async () => {
    const box = await fileHome(
      'version: 1\nsecrets:\n  a: { provider: file, cache: 5m }\n  b: { provider: file, cache: 5m }\n',
    )
    const families = composeFamilies({ places: box, env: {} })
    const { secrets } = await openCatalog(box.home, families)
    const entry = secrets.get('a')
    if (entry === undefined || isRefusal(entry)) throw new Error('no entry')
    const { state, close } = await composeRecords(box)
    const now = Date.now()
    const key = { secret: refreshKey(box, 'a'), reference: referenceDigest(entry) }
    const times = { at: now, endsAt: now + 260_000, createdAt: now - 40 * 86_400_000 }
    await state.cached.note(key, { generation: 0, ...times })
    await close()
    const { out } = await box.run(['secret', 'list'], { now })
    expect(out).toMatch(/^a +file +- +- +always +5m +5 min left +40 days +- +-$/m)
    expect(out).toMatch(/^b +file +- +- +always +5m +- +- +- +-$/m)
    const { data } = await box.json(['secret', 'list'], { now })
    expect(data).toMatchObject({
      secrets: [
        {
          cached_until: new Date(times.endsAt).toISOString(),
          version_created: new Date(times.createdAt).toISOString(),
        },
        { cached_until: null, version_created: null },
      ],
    })
    const later = await box.run(['secret', 'list'], { now: now + 260_000 })
    expect(later.out).toMatch(/^a +file +- +- +always +5m +- +40 days +- +-$/m)
    await box.run(['secret', 'refresh', 'a'])
    const refreshed = await box.run(['secret', 'list'], { now })
    expect(refreshed.out).toMatch(/^a +file +- +- +always +5m +- +40 days +- +-$/m)
  })

  it('lists all else where the state cannot be read, and says so', async () => {
    const box = await fileHome('version: 1\nsecrets: { a: { provider: file } }\n')
    write({ home: box.state }, 'state.db', 'no database at all, whatever its name says'.repeat(20))
    const { code, out, err } = await box.run(['secret', 'list'])
    expect(code).toBe(0)
    expect(out).toMatch(/^a +file +- +- +always +- +- +- +- +-$/m)
    expect(err).toContain(
      'what running servers have in memory cannot be said: `state.db` is damaged',
    )
  })

  it('says how to add the first', async () => {
    const { out } = await (await fileHome('version: 1\n')).run(['secret', 'list'])
    expect(out).toBe('The catalog has no secret yet: keyhand secret set NAME\n')
  })

  it('shows no control characters of a catalog', async () => {
    const box = await fileHome(
      'version: 1\nsecrets:\n  a: { provider: file, key: "x\\e[31m\\ny" }\n',
    )
    const { out } = await box.run(['secret', 'list'])
    expect(out).not.toContain('\u001b')
    expect(out.split('\n')).toHaveLength(3)
  })
})
