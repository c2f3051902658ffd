import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Lease } from '../../src/providers/provider.ts'
import {
  createMemoryNotes,
  type KeptNote,
  referenceDigest,
} from '../../src/secrets/memory-notes.ts'
import { thrownBy } from '../contract/secret-provider.ts'
import { secretEntry } from '../support/secret-entry.ts'
import { fails, fakeRemote, oneValue } from './fake-remote.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 })
})
afterEach(() => {
  vi.useRealTimers()
})

/** A store of notes that is slow, or fails. */
function store(refuses = false) {
  const written: (string | KeptNote)[][] = []
  const write = async (...what: (string | KeptNote)[]) => {
    await Promise.resolve()
    if (refuses) throw new Error('the disk is full')
    written.push(what)
  }
  const notes = createMemoryNotes({
    store: {
      note: ({ secret }, fetched) => write('note', secret, fetched),
      drop: ({ secret }) => write('drop', secret),
    },
    keyOf: (name) => `home|${name}`,
    now: () => Date.now(),
  })
  return { notes, written }
}

const settled = () => vi.advanceTimersByTimeAsync(0)
const at = 1_000_000

describe('what a process notes of its memory', () => {
  it('is when a value was fetched, until when it is used, and how old it is: no value', async () => {
    const { notes, written } = store()
    const remote = fakeRemote({ notes })
    remote.answer = async () => oneValue('kh-noted-5Xq81LmZ', { createdAt: 900_000 })
    await remote.value(remote.entry())
    await remote.value(remote.entry())
    await settled()
    const fetched = { generation: 0, at, endsAt: at + 300_000, createdAt: 900_000 }
    expect(written).toEqual([['note', 'home|key', fetched]])
    expect(JSON.stringify(written)).not.toContain('5Xq81LmZ')
  })

  it('is noted anew by a refresh, which `keyhand secret refresh` asked for', async () => {
    const { notes, written } = store()
    const remote = fakeRemote({ notes })
    await remote.value(remote.entry())
    remote.generations.set('key', 1)
    await remote.value(remote.entry())
    await settled()
    expect(written.map(([, , one]) => (one as KeptNote).generation)).toEqual([0, 1])
  })

  it('is over with a value that an upstream refused, and stays so where no newer is to be had', async () => {
    const { notes, written } = store()
    const remote = fakeRemote({ notes })
    await remote.value(remote.entry())
    remote.answer = () => fails('secret_denied')
    await thrownBy(remote.value(remote.entry(), { fresh: true }))
    await thrownBy(remote.value(remote.entry(), { fresh: true }))
    await settled()
    expect(written.map(([what]) => what)).toEqual(['note', 'drop'])
  })

  it('is noted once for each version where nothing is kept', async () => {
    const { notes, written } = store()
    const remote = fakeRemote({ notes })
    let createdAt = 5
    remote.answer = async () => oneValue('v', { createdAt })
    for (let call = 0; call < 5; call += 1) await remote.value(remote.entry({ cacheMs: 0 }))
    createdAt = 6
    await remote.value(remote.entry({ cacheMs: 0 }))
    await settled()
    expect(written.map(([, , one]) => one)).toEqual([
      { generation: 0, at, endsAt: at, createdAt: 5 },
      { generation: 0, at, endsAt: at, createdAt: 6 },
    ])
  })

  it('is for how long `cache` keeps what is lent, and no time at all without it', async () => {
    const { notes, written } = store()
    const remote = fakeRemote({ notes })
    const lease: Lease = {
      id: 'lease-1',
      expiresAt: at + 3_600_000,
      renewable: false,
      renew: async () => lease,
      revoke: async () => {},
    }
    remote.answer = async () => oneValue('v', { lease })
    await remote.value(remote.entry())
    await remote.value(remote.entry({ name: 'kept', leaseCacheMs: 60_000 }))
    await settled()
    expect(written.map(([, secret, one]) => [secret, (one as KeptNote).endsAt])).toEqual([
      ['home|key', at],
      ['home|kept', at + 60_000],
    ])
    await remote.close()
  })

  it('says nothing of the version before the current one', async () => {
    const { notes, written } = store()
    const remote = fakeRemote({ notes })
    await remote.value(remote.entry(), { version: 'previous' })
    await settled()
    expect(written).toEqual([])
  })

  it('fails no call where it cannot be written', async () => {
    const remote = fakeRemote({ notes: store(true).notes })
    expect(await remote.value(remote.entry())).toBe('v1')
    await settled()
    expect(await remote.value(remote.entry())).toBe('v1 cached')
  })
})

describe('the digest of a reference', () => {
  it('tells places apart, and not the order of their keys', () => {
    const digest = (more: object) =>
      referenceDigest(secretEntry({ name: 'a', provider: 'remote', ...more }))
    const one = digest({ reference: { id: 'x', region: 'y' } })
    expect(digest({ reference: { region: 'y', id: 'x' } })).toBe(one)
    expect(digest({ reference: { id: 'z', region: 'y' } })).not.toBe(one)
    expect(digest({ reference: { id: 'x', region: 'y' }, instance: 'other' })).not.toBe(one)
  })
})
