import { spawnSync } from 'node:child_process'
import { describe, expect, it, test } from 'vitest'
import { crashText } from '../src/crash.ts'

const VALUE = 'Wq7.Zt3-Xk9~Vp5_Rn2'
const CRASH = new URL('../src/crash.ts', import.meta.url).href

/** What Node itself would print of a crash holds the message, the properties and the causes of an error. */
const CRASHES = {
  'a thrown error': `throw new TypeError('401 for ${VALUE}')`,
  'an error with properties': `throw Object.assign(new Error('x'), { headers: '${VALUE}', code: '${VALUE}' })`,
  'an error with a cause': `throw new Error('x', { cause: new Error('${VALUE}') })`,
  'an error that is named so': `throw Object.assign(new Error('x'), { name: '${VALUE}' })`,
  'a thrown text': `throw '${VALUE}'`,
  'a rejection': `Promise.reject(new Error('${VALUE}'))`,
  'a rejection with a text': `Promise.reject('${VALUE}')`,
  'an error that nobody listens for': `new (await import('node:events')).EventEmitter().emit('error', new Error('${VALUE}'))`,
  'an error whose message was changed': `throw Object.assign(new Error('a\\n    at ${VALUE} (x.js:1:1)'), { message: 'b' })`,
  'an error whose message was taken away': `throw Object.assign(new Error('a\\n    at ${VALUE} (x.js:1:1)'), { message: '' })`,
  'an error with a message of many lines': `throw new Error('a\\n    at ${VALUE} (x.js:1:1)\\nb')`,
} as const

describe('the end of the process by', () => {
  it.each(Object.entries(CRASHES))('%s shows no value, and has its exit code', (_, code) => {
    const program = `(await import(${JSON.stringify(CRASH)})).installCrashHandler()
      setTimeout(async () => { ${code} })
      setTimeout(() => {}, 5_000)`
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module', '-e', program],
      { encoding: 'utf8' },
    )
    expect(stderr).toMatch(/^keyhand: internal error: /)
    expect(stdout + stderr).not.toContain(VALUE)
    expect(status).toBe(70)
  })
})

test('a crash is told by its kind, its code where that is one, and its places', () => {
  const error = Object.assign(new RangeError(VALUE), { code: 'ERR_SOMETHING' })
  const text = crashText(error)
  expect(text).toMatch(/^RangeError ERR_SOMETHING\n\s+at /)
  expect(text).toContain('crash.test.ts')
  expect(text).not.toContain(VALUE)
  expect(crashText(null)).toBe('a object was thrown')
})
