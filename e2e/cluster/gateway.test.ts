import t from 'tap'
import { request } from 'undici'
import { chartArguments, currentInstallation } from '../harness/cluster/installation.ts'
import { until } from '../harness/until.ts'

/** The other way in: HTTPRoutes on a Gateway instead of Ingresses. E2E_GATEWAY=namespace/name and E2E_GATEWAY_URL say which. */
const { E2E_GATEWAY, E2E_GATEWAY_URL } = process.env
const { namespace } = currentInstallation()
const tag = process.env.IMAGE_TAG as string
const HOST = 'authdb.gateway.test'

async function status(path: string): Promise<number> {
  const { statusCode, body } = await request(`${E2E_GATEWAY_URL}${path}`, { headers: { host: HOST } })
  await body.dump()
  return statusCode
}

t.test(
  'the system is reached through a Gateway',
  { skip: E2E_GATEWAY && E2E_GATEWAY_URL ? false : 'E2E_GATEWAY and E2E_GATEWAY_URL are not set' },
  async (t) => {
    const [gatewayNamespace, name] = (E2E_GATEWAY as string).split('/') as [string, string]
    const route = 'global.httpRoute'
    await namespace.helm(
      'upgrade',
      ...chartArguments(
        tag,
        '--set',
        [
          'global.ingress.enabled=false',
          `${route}.enabled=true`,
          `${route}.parentRefs[0].name=${name}`,
          `${route}.parentRefs[0].namespace=${gatewayNamespace}`,
          `${route}.hostnames[0]=${HOST}`,
        ].join(','),
      ),
    )
    t.equal((await namespace.get('ingress')).items.length, 0, 'no Ingress is left')
    await until('the Gateway serves the routes', async () => (await status('/health')) === 200, 30_000)
    for (const path of ['/.well-known/jwks.json', '/api/v1/health']) t.equal(await status(path), 200, path)
    for (const path of ['/tasks', '/api/v1/tasks', '/auth/me']) t.equal(await status(path), 401, path)
    for (const path of ['/metrics', '/readyz', '/internal/revocations'])
      t.equal(await status(path), 404, `${path} is hidden`)
  },
)

t.teardown(async () => {
  if (E2E_GATEWAY) await namespace.helm('upgrade', ...chartArguments(tag))
})
