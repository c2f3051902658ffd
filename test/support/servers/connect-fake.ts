import { join } from 'node:path'
import { CANARY } from '../../contract/secret-provider.ts'
import { type FakeRequest, type JsonAnswer, json, startJsonFake } from './json-fake.ts'
import { type Prism, startPrism } from './prism.ts'

/**
 * A fake of a 1Password Connect server, from its published API documentation, behind Prism: each request of the provider and each
 * answer of the fake is held to connect-api.yaml.
 */
export interface ConnectFake {
  /** Through Prism. */
  readonly url: string
  /** Past Prism, for what Connect itself would never answer. */
  readonly unchecked: string
  readonly requests: readonly FakeRequest[]
  /** What it answers to a token that it knows, instead of what it has. */
  override: JsonAnswer | null
  violations: Prism['violations']
  stop(): Promise<void>
}

export const VAULT = 'ftz4pm2xxwmwrsd7rjqn7grzfz'
export const ITEM = '2fcbqwe9ndg175zg2dzwftvkpa'
export const TOKEN = 'good-token'

/** A login with two sections' worth of fields, as Connect gives it. */
export const LOGIN = {
  id: ITEM,
  title: 'Stripe',
  version: 3,
  createdAt: '2026-10-01T00:00:00Z',
  updatedAt: '2026-11-02T00:00:00Z',
  vault: { id: VAULT },
  category: 'LOGIN',
  sections: [{ id: 'live', label: 'Live keys' }],
  fields: [
    { id: 'username', type: 'STRING', purpose: 'USERNAME', label: 'username', value: 'me' },
    { id: 'password', type: 'CONCEALED', purpose: 'PASSWORD', label: 'password', value: CANARY },
    {
      id: 'k1',
      type: 'CONCEALED',
      label: 'API key',
      value: `${CANARY}-live`,
      section: { id: 'live', label: 'Live keys' },
    },
    { id: 'notesPlain', type: 'STRING', purpose: 'NOTES', label: 'notesPlain' },
  ],
}

/** A refusal as Connect words it; its message must never be passed on. */
export function refusal(status: number, headers: Record<string, string> = {}): JsonAnswer {
  return json(status, { status, message: CANARY }, headers)
}

export async function startConnectFake(): Promise<ConnectFake> {
  const { sections: _sections, fields: _fields, ...overview } = LOGIN
  const routes: Readonly<Record<string, JsonAnswer>> = {
    '/v1/vaults': json(200, [
      { id: VAULT, name: 'Dev', type: 'USER_CREATED' },
      { id: 'aaaaaaaaaaaaaaaaaaaaaaaaaa', name: 'Twice' },
      { id: 'bbbbbbbbbbbbbbbbbbbbbbbbbb', name: 'Twice' },
    ]),
    [`/v1/vaults/${VAULT}/items?filter=title eq "Stripe"`]: json(200, [overview]),
    [`/v1/vaults/${VAULT}/items/${ITEM}`]: json(200, LOGIN),
  }
  const own: { override: JsonAnswer | null } = { override: null }
  const fake = await startJsonFake((request, response) => {
    const route = routes[decodeURIComponent(request.url.replaceAll('+', ' '))]
    const none = request.url.includes('?filter=') ? json(200, []) : refusal(404)
    const known = request.headers.authorization === `Bearer ${TOKEN}`
    const answer = known ? (own.override ?? route ?? none) : refusal(401)
    answer(request, response)
  })
  const prism = await startPrism(join(import.meta.dirname, 'connect-api.yaml'), fake.url)
  return {
    url: prism.url,
    unchecked: fake.url,
    requests: fake.requests,
    get override() {
      return own.override
    },
    set override(answer) {
      own.override = answer
    },
    violations: prism.violations,
    async stop() {
      await prism.stop()
      await fake.stop()
    },
  }
}
