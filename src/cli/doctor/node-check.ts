import { type DoctorCheck, failure, good } from './check.ts'

/** As `engines` in package.json says. */
const OLDEST = [22, 19] as const

export const nodeCheck: DoctorCheck = {
  name: 'Node',
  async run() {
    return [ofVersion(process.versions.node)]
  },
}

/** What is to be said of a version of Node. */
export function ofVersion(version: string) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isNew = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])
  return isNew
    ? good(`Node ${version}`)
    : failure(`Node ${version} is too old`, `use Node ${OLDEST.join('.')} or newer`)
}
