import { readFile } from 'node:fs/promises'
import { askServiceClock } from '../../compose-owner.ts'
import type { SecretEntry } from '../../core/snapshot.ts'
import type { Io } from '../io.ts'
import { type DoctorFinding, warning } from './check.ts'
import { placeAddress } from './place-address.ts'

/** A header says the second only, and was on its way. */
const NOISE_MS = 5_000

/** How long a place may take to say what time it is. */
const TIMEOUT_MS = 5_000

/** What is to be said of the clocks: a word for the line of the provider, and a finding where they differ. */
export interface ClockReport {
  readonly word: string
  readonly skew: DoctorFinding | null
}

/** Compares this machine's clock with the one of an entry's place. Sends no credential. Never throws. */
export async function compareClocks(
  io: Io,
  entry: SecretEntry,
  label: string,
): Promise<ClockReport> {
  const place = placeAddress(entry, io.env)
  if (place === null) return not('the catalog does not say where it is')
  try {
    const ca = place.ca === null ? {} : { ca: await readFile(place.ca, 'utf8') }
    const asked = io.now()
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const time = await askServiceClock({ address: place.url, ...ca }, signal)
    if (time === null) return not('it says no time')
    // The header's second is over half on average.
    return reportOf(label, time + 500 - (asked + io.now()) / 2)
  } catch {
    return not('it could not be asked for the time')
  }
}

function not(why: string): ClockReport {
  return { word: `clocks not compared (${why})`, skew: null }
}

/** @param ahead how far the place's clock is ahead of this machine's, in ms. */
function reportOf(label: string, ahead: number): ClockReport {
  if (Math.abs(ahead) <= NOISE_MS) return { word: 'clocks agree', skew: null }
  const by = durationText(Math.abs(ahead))
  const text = `this machine's clock is ${by} ${ahead > 0 ? 'behind' : 'ahead of'} that of ${label}: logins, leases and expiries may go wrong`
  return { word: 'clocks differ', skew: warning(text, setTheClock()) }
}

function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`
}

function setTheClock(): string {
  if (process.platform === 'darwin') return 'sudo sntp -sS time.apple.com'
  return process.platform === 'win32' ? 'w32tm /resync' : 'sudo timedatectl set-ntp true'
}
