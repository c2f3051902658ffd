import { BrokerError } from '../core/errors.ts'

/** What stands between keyhand and a file of the home, in our words; an error of ours stays as it is. */
export function fileProblem(path: string, thrown: unknown): BrokerError {
  if (thrown instanceof BrokerError) return thrown
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown'
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new BrokerError('config_unsafe', `there is no room to write \`${path}\``, {
        fix: 'Make room on that disk.',
      })
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new BrokerError('config_unsafe', `\`${path}\` cannot be written (${code})`, {
        fix: `Check who owns it and its mode: \`ls -ld ${path}\`.`,
      })
    case 'ENOTDIR':
    case 'EEXIST':
      return new BrokerError('config_unsafe', `something else stands at \`${path}\` (${code})`, {
        fix: 'Move it away, or choose another folder with KEYHAND_HOME.',
      })
    default:
      return new BrokerError('config_unsafe', `\`${path}\` cannot be used (${code})`)
  }
}
