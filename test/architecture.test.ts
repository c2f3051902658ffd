import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  brokenConfinements,
  brokenLayers,
  type Confinement,
  type Layers,
} from './support/layers.ts'
import { readSourceModule } from './support/source-module.ts'

const everyPort = ['provider.ts', 'auth-scheme.ts', 'tool-type.ts', 'approver.ts', 'state-port.ts']

/** The table of DESIGN.md: what each part may import, besides itself. */
const layers: Layers = {
  parts: {
    core: { imports: [] },
    policy: { imports: ['core'] },
    redaction: { imports: ['core'] },
    minted: { imports: ['core'] },
    // `verify` compares the trail with the heads that state.db remembers.
    audit: { imports: ['core'], types: ['state-port.ts'] },
    state: { imports: ['core', 'state-port.ts'] },
    config: { imports: ['core', 'policy'], types: everyPort },
    secrets: { imports: ['core', 'provider.ts'] },
    broker: {
      imports: ['core', 'policy', 'redaction', 'minted', 'audit', 'secrets', ...everyPort],
    },
    server: { imports: ['core', 'redaction', 'broker'] },
    cli: {
      imports: [
        'core',
        'audit',
        'policy',
        'config',
        'broker',
        'server',
        'compose',
        'compose-owner',
        'places',
      ],
    },
    places: { imports: [] },
    crash: { imports: [] },
    compose: { imports: ['*'] },
    // What the owner's commands need besides: compose.ts is what serves.
    'compose-owner': { imports: ['*'] },
    main: { imports: ['*'] },
  },
  ports: {
    'provider.ts': { file: 'providers/provider.ts', imports: ['core'] },
    'auth-scheme.ts': { file: 'auth/auth-scheme.ts', imports: ['core'] },
    'tool-type.ts': { file: 'tools/tool-type.ts', imports: ['core'], types: ['auth-scheme.ts'] },
    'approver.ts': { file: 'approval/approver.ts', imports: ['core'] },
    'state-port.ts': { file: 'state/state-port.ts', imports: ['core'] },
    // No port: what every provider needs that talks to its place without a vendor's library.
    'https-json.ts': {
      file: 'providers/https-json/https-json.ts',
      imports: ['core', 'providers/https-json'],
    },
    'service-address.ts': { file: 'providers/https-json/service-address.ts', imports: [] },
    // Nor these: files and programs of this machine that only its user can replace.
    'own-file.ts': { file: 'providers/local/own-file.ts', imports: ['core'] },
    'run-program.ts': {
      file: 'providers/local/run-program.ts',
      imports: ['core', 'providers/local', 'own-file.ts'],
    },
    // Nor these: what every service of AWS is reached with.
    'aws-connection.ts': { file: 'providers/aws-client/connection.ts', imports: ['core'] },
    'aws-clients.ts': {
      file: 'providers/aws-client/clients.ts',
      imports: ['core', 'provider.ts', 'aws-connection.ts', 'providers/aws-client'],
    },
    'aws-failure.ts': { file: 'providers/aws-client/failure.ts', imports: ['core'] },
  },
  families: {
    providers: {
      port: 'provider.ts',
      imports: [
        'core',
        'provider.ts',
        'https-json.ts',
        'service-address.ts',
        'own-file.ts',
        'run-program.ts',
        'aws-connection.ts',
        'aws-clients.ts',
        'aws-failure.ts',
      ],
    },
    auth: { port: 'auth-scheme.ts', imports: ['core', 'auth-scheme.ts'] },
    tools: { port: 'tool-type.ts', imports: ['core', 'tool-type.ts', 'auth-scheme.ts'] },
    approval: { port: 'approver.ts', imports: ['core', 'approver.ts'] },
  },
}

/** Node's modules that only compute. */
const pureModules = [
  'node:assert',
  'node:buffer',
  'node:crypto',
  'node:string_decoder',
  'node:util',
  // Redaction looks into what is compressed: bytes in, bytes out, nothing else is touched.
  'node:zlib',
]

const confinements: readonly Confinement[] = [
  {
    what: 'only what puts a value on a request, stores it or looks for it may reveal a secret',
    uses: ['.reveal'],
    files: [
      'auth',
      'providers/keychain',
      'providers/file',
      'providers/vault',
      'providers/aws-client',
      'providers/command',
      'providers/gcp-secret-manager',
      'providers/azure-key-vault',
      'providers/kubernetes',
      'providers/onepassword',
      'providers/sops',
      'redaction',
      'tools/http',
    ],
  },
  {
    what: 'only the commands of cli/ may write stdout: under `serve` it belongs to the MCP SDK',
    uses: [
      'process.stdout',
      ...['debug', 'dir', 'error', 'info', 'log', 'table', 'trace', 'warn'].map(
        (method) => `console.${method}`,
      ),
    ],
    files: ['cli'],
  },
  {
    what: 'pure parts take data and `now`',
    uses: ['process.env', 'Date.now', 'new Date()', 'Date()', 'Math.random', 'performance.now'],
    modules: (specifier) => specifier.startsWith('node:') && !pureModules.includes(specifier),
    within: ['core', 'policy', 'redaction', 'minted', 'audit'],
    files: ['audit/file-sink'],
  },
  {
    what: 'only the http tool reaches the network, where addresses are checked, and providers the place that the catalog names; the demo and the self-test serve',
    uses: ['fetch()', 'globalThis.fetch'],
    modules: (specifier) => /^(node:)?(https?|http2)$|^undici(\/|$)/.test(specifier),
    files: ['tools/http', 'providers/https-json', 'cli/demo', 'cli/doctor/leak'],
  },
  {
    what: 'use the global, which these checks see',
    modules: (specifier) => /^(node:)?(process|console)$/.test(specifier),
    files: [],
  },
]

describe('src/', () => {
  const root = resolve(import.meta.dirname, '../src')
  const modules = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) =>
      readSourceModule(relative(root, path).split(sep).join('/'), readFileSync(path, 'utf8')),
    )

  it('is seen by this test', () => {
    expect(modules.length).toBeGreaterThan(10)
    expect(modules.flatMap(({ imports }) => imports).length).toBeGreaterThan(10)
  })

  it('imports only along the table of layers', () => {
    expect(brokenLayers(modules, layers)).toEqual([])
  })

  it('does what is confined only where it may', () => {
    expect(brokenConfinements(modules, confinements)).toEqual([])
  })
})

describe('the table of layers', () => {
  const allowed: [path: string, text: string][] = [
    ['policy/decide.ts', "import { a } from '../core/action.ts'"],
    ['policy/decide.ts', "import { a } from './slice.ts'"],
    ['policy/decide.ts', "await import('@cedar-policy/cedar-wasm/nodejs')"],
    ['config/load.ts', "import type { P } from '../providers/provider.ts'"],
    ['providers/file/open.ts', "import { a } from './lock.ts'"],
    ['providers/file/open.ts', "import { a } from '../provider.ts'"],
    ['providers/index.ts', "import { a } from './keychain.ts'"],
    ['tools/http/tool.ts', "import { a } from '../../auth/auth-scheme.ts'"],
    ['broker/call.ts', "import { a } from '../tools/tool-type.ts'"],
    ['compose.ts', "import { a } from './providers/index.ts'"],
    ['main.ts', "import m from '../package.json' with { type: 'json' }"],
  ]
  it.each(allowed)('allows %s: %s', (path, text) => {
    expect(brokenLayers([readSourceModule(path, text)], layers)).toEqual([])
  })

  const refused: [path: string, text: string, problem: string][] = [
    ['core/a.ts', "import { a } from '../policy/b.ts'", 'core may not import policy'],
    ['core/a.ts', "import type { A } from '../policy/b.ts'", 'core may not import policy'],
    ['core/a.ts', "type A = import('../policy/b.ts').A", 'core may not import policy'],
    ['core/a.ts', "const a = await import('../policy/b.ts')", 'core may not import policy'],
    ['core/a.ts', "const a = require('../policy/b.ts')", 'core may not import policy'],
    ['core/a.ts', "export { a } from '../policy/b.ts'", 'core may not import policy'],
    ['core/a.ts', "export * from '../policy/b.ts'", 'core may not import policy'],
    ['core/a.ts', "import '../policy/b.ts'", 'core may not import policy'],
    ['core/a.ts', 'await import(name)', 'imports something computed'],
    ['core/a.ts', "import '../../test/x.ts'", 'outside src/'],
    ['core/a.ts', "import '../utils/x.ts'", 'in no part that the table knows'],
    ['core/a.ts', "import '../constructor/x.ts'", 'in no part that the table knows'],
    ['utils/a.ts', '', 'in no part that the table knows'],
    ['helper.ts', '', 'in no part that the table knows'],
    [
      'config/load.ts',
      "import { a } from '../providers/provider.ts'",
      'config may not import provider.ts',
    ],
    [
      'config/load.ts',
      "import type { A } from '../providers/keychain.ts'",
      'config may not import providers/keychain',
    ],
    [
      'providers/env.ts',
      "import { a } from './keychain.ts'",
      'providers/env may not import providers/keychain',
    ],
    [
      'providers/env.ts',
      "import { a } from './file/open.ts'",
      'providers/env may not import providers/file',
    ],
    [
      'providers/env.ts',
      "import { a } from './index.ts'",
      'providers/env may not import providers/index',
    ],
    [
      'providers/provider.ts',
      "import { a } from './env.ts'",
      'provider.ts may not import providers/env',
    ],
    [
      'providers/index.ts',
      "import { a } from '../auth/bearer.ts'",
      'providers/index may not import auth/bearer',
    ],
    [
      'auth/bearer.ts',
      "import { a } from '../tools/tool-type.ts'",
      'auth/bearer may not import tool-type.ts',
    ],
    [
      'tools/http/tool.ts',
      "import { a } from '../../auth/bearer.ts'",
      'tools/http may not import auth/bearer',
    ],
    [
      'broker/call.ts',
      "import { a } from '../providers/env.ts'",
      'broker may not import providers/env',
    ],
    ['server/a.ts', "import { a } from '../config/b.ts'", 'server may not import config'],
    [
      'audit/a.ts',
      "import { a } from '../state/state-port.ts'",
      'audit may not import state-port.ts',
    ],
    ['cli/a.ts', "import { a } from '../tools/index.ts'", 'cli may not import tools/index'],
    ['state/a.ts', "import { a } from '../audit/b.ts'", 'state may not import audit'],
  ]
  it.each(refused)('refuses %s: %s', (path, text, problem) => {
    const broken = brokenLayers([readSourceModule(path, `\n${text}`)], layers)
    expect(broken).toEqual([expect.stringContaining(problem)])
  })

  it('names file and line', () => {
    const module = readSourceModule('core/a.ts', "\n\nimport '../policy/b.ts'")
    expect(brokenLayers([module], layers)).toEqual([
      'core/a.ts:3: core may not import policy (policy/b.ts)',
    ])
  })
})

describe('what is confined', () => {
  const allowed: [path: string, text: string][] = [
    ['auth/bearer.ts', 'secret.reveal()'],
    ['cli/serve.ts', "process.stdout.write('a'); console.log('b')"],
    ['server/a.ts', "process.stderr.write('a')"],
    ['audit/file-sink/sink.ts', "import { open } from 'node:fs/promises'"],
    ['audit/chain.ts', "import { createHash } from 'node:crypto'; new Date(now)"],
    ['audit/chain.ts', "import type { Stats } from 'node:fs'"],
    ['core/secret.ts', 'class Secret { reveal() {} }'],
    ['core/secret.ts', '// secret.reveal() and process.env\nconst text = "Date.now()"'],
    ['tools/http/send.ts', "import { request } from 'undici'"],
    ['compose.ts', 'Date.now()'],
    ['secrets/resolve.ts', 'provider.fetch(reference)'],
    ['secrets/resolve.ts', 'const { fetch } = provider; fetch(reference)'],
    ['secrets/resolve.ts', 'const resolve = ({ fetch }) => fetch(reference)'],
  ]
  it.each(allowed)('may be done in %s: %s', (path, text) => {
    expect(brokenConfinements([readSourceModule(path, text)], confinements)).toEqual([])
  })

  const refused: [path: string, text: string, use: string][] = [
    ['broker/call.ts', 'secret.reveal()', '.reveal'],
    ['broker/call.ts', 'secret?.reveal?.()', '.reveal'],
    ['broker/call.ts', "secret['reveal']()", '.reveal'],
    ['broker/call.ts', 'f(({ reveal }) => reveal())', '.reveal'],
    ['core/secret.ts', 'Secret.prototype.reveal.call(secret)', '.reveal'],
    ['providers/env.ts', 'secret.reveal()', '.reveal'],
    ['server/a.ts', "process.stdout.write('a')", 'process.stdout'],
    ['server/a.ts', "globalThis.process.stdout.write('a')", 'process.stdout'],
    ['server/a.ts', 'const { stdout } = process', 'process.stdout'],
    ['server/a.ts', "console.error('a')", 'console.error'],
    ['server/a.ts', "import { stdout } from 'node:process'", 'import of node:process'],
    ['core/a.ts', "process.env['A']", 'process.env'],
    ['policy/a.ts', 'Date.now()', 'Date.now'],
    ['policy/a.ts', 'const { now } = Date', 'Date.now'],
    ['policy/a.ts', 'new Date()', 'new Date()'],
    ['redaction/a.ts', 'new Date', 'new Date()'],
    ['redaction/a.ts', 'Math.random()', 'Math.random'],
    ['audit/a.ts', "import { open } from 'node:fs/promises'", 'import of node:fs/promises'],
    ['audit/a.ts', "await import('node:net')", 'import of node:net'],
    ['audit/a.ts', "import { spawn } from 'node:child_process'", 'import of node:child_process'],
    ['providers/a.ts', "import { get } from 'node:https'", 'import of node:https'],
    ['providers/a.ts', "import { get } from 'http'", 'import of http'],
    ['providers/a.ts', "await import('undici')", 'import of undici'],
    ['providers/a.ts', 'fetch(url)', 'fetch()'],
    ['providers/a.ts', 'globalThis.fetch(url)', 'globalThis.fetch'],
    ['providers/a.ts', 'const { fetch } = globalThis', 'globalThis.fetch'],
  ]
  it.each(refused)('may not be done in %s: %s', (path, text, use) => {
    const broken = brokenConfinements([readSourceModule(path, text)], confinements)
    expect(broken).toEqual([expect.stringContaining(`${path}:1: ${use}: `)])
  })
})
