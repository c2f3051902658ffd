import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'

/** What `lstat` says that matters for who may write a thing. */
export interface Ownership {
  readonly mode: bigint
  readonly uid: bigint
  readonly gid: bigint
}

/** Whom files and folders may belong to: this user and root. */
export interface Trust {
  readonly uid: bigint
  /** The user's own private group, whose only member is the user; null where there is none. */
  readonly privateGid: bigint | null
}

/**
 * The user that this process runs as; null on Windows, where modes say nothing and nothing is checked.
 *
 * A group is the user's own where it is the primary one, bears the user's name and has no other member in /etc/group (Debian
 * and Fedora give each user one, with a umask of 002).
 */
export function currentTrust(): Trust | null {
  const uid = process.geteuid?.()
  const gid = process.getegid?.()
  if (uid === undefined || gid === undefined) return null
  return { uid: BigInt(uid), privateGid: isPrivateGroup(gid) ? BigInt(gid) : null }
}

/**
 * Who else may write it, in words; null where nobody but this user and root may. A folder with the sticky bit (`/tmp`) is
 * fine: what is below is checked for its owner, and nobody else may replace it.
 */
export function untrusted(
  owner: Ownership,
  kind: 'file' | 'folder' | 'link',
  trust: Trust,
): string | null {
  if (owner.uid !== trust.uid && owner.uid !== 0n)
    return `belongs to another user (uid ${owner.uid})`
  if (kind === 'link') return null
  const sticky = kind === 'folder' && (owner.mode & 0o1000n) !== 0n
  if (sticky) return null
  const mode = `mode ${(owner.mode & 0o7777n).toString(8).padStart(4, '0')}`
  if ((owner.mode & 0o002n) !== 0n) return `can be written by everyone (${mode})`
  if ((owner.mode & 0o020n) !== 0n && owner.gid !== trust.privateGid) {
    return `can be written by the group ${owner.gid} (${mode})`
  }
  return null
}

function isPrivateGroup(gid: number): boolean {
  try {
    const user = userInfo().username
    return isPrivateIn(readFileSync('/etc/group', 'utf8'), gid, user)
  } catch {
    return false // no name for this user, or no such file: nothing is taken for private
  }
}

/** Whether that group is the user's own, by the text of /etc/group. */
export function isPrivateIn(groups: string, gid: number, user: string): boolean {
  const rows = groups.split('\n').map((line) => line.split(':'))
  const own = rows.filter((row) => row[2] === String(gid))
  return (
    own.length > 0 &&
    own.every(
      ([name, , , members = '']) =>
        name === user && members.split(',').every((m) => m === '' || m === user),
    )
  )
}
