import { spawn } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { EVENTS, linesOf } from '../audit/sample-trail.ts'

const BIN = resolve(import.meta.dirname, '../../bin/keyhand.js')

it('`audit tail -f` goes on with what any process writes, once each, until it is stopped', async () => {
  const state = mkdtempSync(join(tmpdir(), 'keyhand-tail-'))
  onTestFinished(() => rmSync(state, { recursive: true, force: true }))
  const folder = join(state, 'audit')
  mkdirSync(folder, { mode: 0o700 })
  const file = join(folder, '20261123T174500000Z-4711-0badcafe.jsonl')
  const lines = linesOf(EVENTS).map((line) => `${line}\n`)
  writeFileSync(file, lines.slice(0, 4).join(''), { mode: 0o600 })

  const child = spawn(process.execPath, [BIN, 'audit', 'tail', '-f', '--limit', '1'], {
    env: { ...process.env, KEYHAND_STATE: state, KEYHAND_HOME: join(state, 'home') },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let out = ''
  const shows = async (text: string) => {
    while (!out.includes(text)) await new Promise((next) => setTimeout(next, 20))
  }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  await shows('outcome')
  appendFileSync(file, lines[4] ?? '')
  await shows('refused: no_rule')
  writeFileSync(
    join(folder, '20261123T180000000Z-4712-0badbabe.jsonl'),
    `${linesOf([{ kind: 'admin', reason: 'other process' }]).join('\n')}\n`,
    { mode: 0o600 },
  )
  await shows('other process')
  const ended = new Promise<number | null>((done) => child.once('close', done))
  child.kill('SIGINT')
  expect(await ended).toBe(0)
  expect(
    out
      .trimEnd()
      .split('\n')
      .map((line) => line.split('  ')[1]?.trim()),
  ).toEqual(['outcome', 'refused', 'admin'])
})
