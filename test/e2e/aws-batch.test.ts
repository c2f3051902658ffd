import { generateX25519Identity } from 'age-encryption'
import { expect, it, onTestFinished } from 'vitest'
import { e2eHome } from '../support/e2e-home.ts'
import { type AwsFake, awsError, awsValue, startAwsFake } from '../support/servers/aws-fake.ts'
import { upstream } from '../tools/http/upstream.ts'

const VALUES: Readonly<Record<string, string>> = {
  'prod/one': 'Zk4tQ9wLm2Xv-8Rb6',
  'prod/two': 'Hd6.Gs2-Fb9~Tc4_Pw7.Mx3-Kv8',
  'prod/three': 'Bz8.Qy5-Nh3~Jr6_Dv2.Sk9-Ft7',
}

/** A fake that knows them, and answers one or many. */
async function fakeAws(): Promise<AwsFake> {
  const known = (id: string) => ({ Name: id, ARN: id, SecretString: VALUES[id], VersionId: 'v1' })
  const fake = await startAwsFake((response, body, action) => {
    const asked = JSON.parse(body) as { SecretId?: string; SecretIdList?: string[] }
    const answer =
      action === 'BatchGetSecretValue'
        ? awsValue({ SecretValues: (asked.SecretIdList ?? []).map(known), Errors: [] })
        : asked.SecretId === undefined
          ? awsError(400, 'InvalidParameterException')
          : awsValue(known(asked.SecretId))
    answer(response, body, action)
  })
  onTestFinished(() => fake.stop())
  return fake
}

const NAMES = ['one', 'two', 'three']

it('what an agent’s scope can reach in AWS is asked for with one request, at its first call', async () => {
  const aws = await fakeAws()
  const api = await upstream((_request, response) => response.end(JSON.stringify(VALUES)))
  onTestFinished(() => api.close())
  const lines = (line: (name: string) => string) =>
    NAMES.map((name) => `  ${line(name)}\n`).join('')
  const home = e2eHome({
    files: {
      'identity.txt': `${await generateX25519Identity()}\n`,
      'keyhand.yaml': `version: 1
providers:
  aws-secrets-manager:
    region: eu-central-1
    endpoint: ${aws.url}
    credentials: { access_key_id: AKIDEXAMPLE0000000, secret_access_key: aws_key }
    watch: always
secrets:
  aws_key: { provider: file }
${lines((name) => `${name}: { provider: aws-secrets-manager, id: prod/${name} }`)}tools:
${lines((name) => `${name}: { type: http, base_url: "http://127.0.0.1:${api.port}", auth: { type: bearer, token: ${name} } }`)}`,
      'agents/tester.yaml': `agent: tester\ntools:\n${lines((name) => `${name}: { allow: [{ methods: [GET], paths: [/**] }] }`)}`,
    },
  })
  onTestFinished(() => home.remove())
  expect((await home.keyhand(['secret', 'set', 'aws_key'], 'aws-secret-part-9Qx')).code).toBe(0)
  const client = await home.connect('tester', 'modern')
  onTestFinished(() => client.close())
  for (const name of NAMES) {
    const answer = await client.callTool(name, { method: 'GET', path: '/x' })
    expect(answer).toMatchObject({ isError: false, structured: { status: 200 } })
    // Those of the other tools are known too.
    expect(answer.text).toContain('[secret two]')
    for (const value of Object.values(VALUES)) expect(answer.text).not.toContain(value)
  }
  expect(aws.actions).toEqual(['BatchGetSecretValue'])
  const keys = Object.values(VALUES).map((value) => `Bearer ${value}`)
  expect(api.seen.map(({ headers }) => headers.authorization)).toEqual(keys)
})
