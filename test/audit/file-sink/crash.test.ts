import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { listTrail } from '../../../src/audit/file-sink/trail-reader.ts'
import { fileEntries } from '../../../src/audit/report.ts'
import { collect } from '../sample-trail.ts'
import { temporaryFolder, verifyFolder } from './trail-set-up.ts'

const WRITER = fileURLToPath(new URL('./crash-writer.ts', import.meta.url))

/** Runs a writer, kills it `ms` after its first record, and answers the calls that it was told are durable. */
async function killed(folder: string, name: string, ms: number): Promise<string[]> {
  const child = spawn(process.execPath, [WRITER, folder, name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  let timer: NodeJS.Timeout | undefined
  child.stdout.setEncoding('utf8')
  child.stdout.on('data', (text: string) => {
    output += text
    timer ??= setTimeout(() => child.kill('SIGKILL'), ms)
  })
  await new Promise((resolve) => child.once('close', resolve))
  clearTimeout(timer)
  expect(child.signalCode).toBe('SIGKILL')
  // A line that the kill cut off was not heard.
  return output.split('\n').slice(0, -1)
}

test('a process killed at any moment loses no record that it acknowledged, and the trail verifies', async () => {
  const folder = temporaryFolder()
  const acknowledged: string[] = []
  // Two at once, on one state.db.
  for (let round = 0; round < 6; round += 1) {
    const pair = ['a', 'b'].map((name) => killed(folder, `${name}${round}`, Math.random() * 40))
    acknowledged.push(...(await Promise.all(pair)).flat())
  }
  expect(acknowledged.length).toBeGreaterThan(12)
  const { ok, problems, files } = await verifyFolder(folder)
  expect(problems.filter(({ severity }) => severity === 'problem')).toEqual([])
  expect({ ok, files }).toEqual({ ok: true, files: 12 })
  const entries = (
    await Promise.all((await listTrail(folder)).map((file) => collect(fileEntries(file))))
  ).flat()
  const recorded = new Set(entries.map(({ call }) => call))
  expect(acknowledged.filter((call) => !recorded.has(call))).toEqual([])
  // Killed between an intent and its outcome: nobody knows, and the trail says so.
  expect(entries.some(({ result }) => result === 'unknown')).toBe(true)
}, 60_000)
