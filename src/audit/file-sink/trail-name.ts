/** The folder of the trail, below KEYHAND_STATE. */
export const TRAIL_FOLDER = 'audit'

/** A name that sorts by the time at which the file was made, e.g. `20261123T174501123Z-4711-9f3c01ab.jsonl`. */
export function trailFileName(madeAt: number, pid: number, random: string): string {
  return `${new Date(madeAt).toISOString().replaceAll(/[-:.]/g, '')}-${pid}-${random}.jsonl`
}

/** When the file was made, in ms since the epoch; null where it is no file of a trail. */
export function trailFileTime(name: string): number | null {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-\d+-[0-9a-f]{8}\.jsonl$/.exec(name)
  if (match === null) return null
  const [, year, month, day, hour, minute, second, ms] = match
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`)
  return Number.isNaN(time) ? null : time
}
