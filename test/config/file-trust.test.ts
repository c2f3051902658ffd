import { describe, expect, it } from 'vitest'
import { isPrivateIn, untrusted } from '../../src/config/file-trust.ts'

const trust = { uid: 1000n, privateGid: 1000n }
const by = (uid: number, gid: number, mode: number) => ({
  uid: BigInt(uid),
  gid: BigInt(gid),
  mode: BigInt(mode),
})

describe('who may write', () => {
  it.each([
    ['a file of this user', by(1000, 100, 0o644), 'file'],
    ['a file of root', by(0, 0, 0o644), 'file'],
    ['a file that the user’s own group can write', by(1000, 1000, 0o664), 'file'],
    ['a folder of root', by(0, 0, 0o755), 'folder'],
    ['a sticky folder of root, as /tmp', by(0, 0, 0o1777), 'folder'],
    ['a link, whose mode says nothing', by(1000, 100, 0o777), 'link'],
  ] as const)('is nobody else: %s', (_, owner, kind) => {
    expect(untrusted(owner, kind, trust)).toBeNull()
  })

  it.each([
    ['a file of another user', by(1001, 1000, 0o600), 'file', 'belongs to another user (uid 1001)'],
    [
      'a sticky folder of another user',
      by(1001, 0, 0o1777),
      'folder',
      'belongs to another user (uid 1001)',
    ],
    ['a link of another user', by(1001, 0, 0o777), 'link', 'belongs to another user (uid 1001)'],
    [
      'a file for everyone',
      by(1000, 1000, 0o666),
      'file',
      'can be written by everyone (mode 0666)',
    ],
    [
      'a sticky file for everyone',
      by(1000, 1000, 0o1646),
      'file',
      'can be written by everyone (mode 1646)',
    ],
    [
      'a file for a shared group',
      by(1000, 100, 0o664),
      'file',
      'can be written by the group 100 (mode 0664)',
    ],
    [
      'a file for the group of root',
      by(0, 0, 0o664),
      'file',
      'can be written by the group 0 (mode 0664)',
    ],
    [
      'a folder for a shared group',
      by(1000, 100, 0o775),
      'folder',
      'can be written by the group 100 (mode 0775)',
    ],
  ] as const)('is somebody else: %s', (_, owner, kind, message) => {
    expect(untrusted(owner, kind, trust)).toBe(message)
  })
})

describe('the user’s own group', () => {
  it.each([
    ['named as the user, without members', 'ann:x:1000:\n', true],
    ['with the user alone', 'root:x:0:\nann:x:1000:ann\n', true],
    ['with another member', 'ann:x:1000:bob\n', false],
    ['with another name', 'staff:x:1000:\n', false],
    ['under two names', 'ann:x:1000:\nstaff:x:1000:bob\n', false],
    ['in no file', 'root:x:0:\n', false],
  ])('%s', (_, groups, own) => {
    expect(isPrivateIn(groups, 1000, 'ann')).toBe(own)
  })
})
