/** One line of a trail file, as it was read. */
export interface TrailLine {
  /** Without its newline; null where it is not UTF-8 or longer than any record. */
  readonly text: string | null
  /** False for a last line that has no newline. */
  readonly complete: boolean
}

/** One file of a trail. */
export interface TrailFile {
  /** Its name in the trail's folder. Names sort by the time at which their files were made. */
  readonly name: string
  /** From the beginning, each time that it is called. */
  lines(): AsyncIterable<TrailLine>
}
