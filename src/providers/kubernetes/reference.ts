import * as z from 'zod'
import { CATALOG_NAME } from '../../core/agent.ts'
import { serviceAddress } from '../https-json/service-address.ts'

const absolute = z
  .string()
  .max(4096)
  .regex(/^(\/|[A-Za-z]:[\\/])/, 'must be an absolute path')

/** Names of objects and namespaces: DNS subdomains, so that nothing of a path or query is in them. */
const objectName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, 'must be a name of Kubernetes: `a-z`, `0-9`, `-`, `.`')

export const kubernetesReference = z
  .strictObject({
    namespace: objectName,
    name: objectName.describe('Of the Secret in Kubernetes'),
    key: z
      .string()
      .min(1)
      .max(253)
      .optional()
      .describe('One key of it; all of them, as fields, where it is left out'),
    kubeconfig: absolute.optional().describe('The kubeconfig to log in with'),
    context: z.string().min(1).max(512).optional().describe('Its current one where left out'),
    exec_program: absolute
      .optional()
      .describe('Where the program is that the kubeconfig names without a path: /usr/bin/aws'),
    from_environment: z
      .array(z.string().regex(/^[A-Z][A-Z0-9_]{0,63}$/))
      .max(32)
      .optional()
      .describe('Variables that this program may see: `[AWS_PROFILE]`'),
    in_cluster: z.literal(true).optional().describe('As the service account of this pod'),
    address: serviceAddress.optional().describe('https://kubernetes.example.com:6443'),
    token: z
      .string()
      .regex(CATALOG_NAME, 'must be the name of a secret of the catalog, never its value')
      .optional()
      .describe('The secret that holds a token, with `address` instead of a kubeconfig'),
    ca: absolute.optional().describe('PEM file of the authority of `address`'),
  })
  .refine(
    ({ kubeconfig, in_cluster, token }) =>
      [kubeconfig, in_cluster, token].filter((one) => one !== undefined).length === 1,
    { error: 'must say one way to log in: `kubeconfig`, `in_cluster: true`, or `token`' },
  )
  .refine(({ token, address }) => token === undefined || address !== undefined, {
    error: 'is missing: where the API server is, as `https://kubernetes.example.com:6443`',
    path: ['address'],
  })
  .refine(
    ({ kubeconfig, address, ca }) => kubeconfig === undefined || (address ?? ca) === undefined,
    {
      error: '`address` and `ca` stand in the kubeconfig',
      path: ['kubeconfig'],
    },
  )

export type KubernetesReference = z.infer<typeof kubernetesReference>
