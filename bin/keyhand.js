#!/usr/bin/env node
'use strict'
// Any Node can parse this file: it is CommonJS (bin/package.json), without syntax that came after Node 12.

const fs = require('fs')
const path = require('path')

const NEEDED = [22, 19]

if (isNewEnough(process.versions.node)) {
  enableCompileCache()
  import('../dist/main.js').catch(explainMissingBuild)
} else {
  goOnWithNodeBeside()
}

function isNewEnough(version) {
  const parts = version.split('.').map(Number)
  return parts[0] > NEEDED[0] || (parts[0] === NEEDED[0] && parts[1] >= NEEDED[1])
}

/** The npm package `node` brings a Node of its own. Where it is installed beside keyhand and new enough, that one goes on. */
function goOnWithNodeBeside() {
  const node = nodeBeside()
  if (node === null) {
    console.error(
      'keyhand needs Node >= ' +
        NEEDED.join('.') +
        ', and this is ' +
        process.version +
        '\n' +
        'get it from https://nodejs.org, or beside keyhand with: npm install node@24',
    )
    process.exitCode = 1
    return
  }
  const child = require('child_process').spawn(node, [__filename].concat(process.argv.slice(2)), {
    stdio: 'inherit',
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to the whole process group: the child has it already.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
  }
  child.on('error', (error) => {
    console.error('keyhand cannot start ' + node + ': ' + error.message)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

function nodeBeside() {
  try {
    const manifest = require.resolve('node/package.json')
    if (!isNewEnough(require(manifest).version)) return null
    const program = process.platform === 'win32' ? 'node.exe' : 'node'
    const node = path.join(path.dirname(manifest), 'bin', program)
    return fs.existsSync(node) ? node : null
  } catch (_) {
    return null
  }
}

/** Node keeps compiled code in the state folder: whoever can write there can plant code, so it must be this user's alone. */
function enableCompileCache() {
  try {
    const state = stateFolder()
    const cache = path.join(state, 'compile-cache')
    fs.mkdirSync(cache, { recursive: true, mode: 0o700 })
    if (isOwn(fs.statSync(state), 0o022) && isOwn(fs.lstatSync(cache), 0o077)) {
      require('module').enableCompileCache(cache)
    }
  } catch (_) {
    // Without a cache it only starts more slowly.
  }
}

/** As `placesOf` in src/places.ts; a test holds the two together. */
function stateFolder() {
  const env = process.env
  if (env.KEYHAND_STATE) return path.resolve(env.KEYHAND_STATE)
  const windows = process.platform === 'win32'
  const base = windows ? env.LOCALAPPDATA : env.XDG_STATE_HOME
  if (base && path.isAbsolute(base)) return path.join(base, 'keyhand')
  const home = require('os').homedir()
  return path.join(home, windows ? 'AppData/Local' : '.local/state', 'keyhand')
}

/** Windows has no such modes: there the user's own folder is protected by what it inherits. */
function isOwn(stats, forbidden) {
  if (!stats.isDirectory()) return false
  if (process.platform === 'win32') return true
  return stats.uid === process.getuid() && (stats.mode & forbidden) === 0
}

function explainMissingBuild(error) {
  if (fs.existsSync(path.join(__dirname, '..', 'dist', 'main.js'))) throw error
  console.error('keyhand is not built here yet: run `npm ci && npm run build`')
  process.exitCode = 1
}
