import { readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { AUTH_PATHS, TASK_PATHS } from '../../gateway/src/contract.ts'
import { ROOT } from '../src/charts.ts'

const text = (file: string) => readFileSync(ROOT + file, 'utf8')
const isUnder = (path: string, route: string) => path === route || path.startsWith(`${route}/`)

for (const [service, gatewayPaths] of [
  ['auth-service', AUTH_PATHS],
  ['task-service', TASK_PATHS],
] as const) {
  const { routes }: { routes: string[] } = parse(text(`charts/${service}/values.yaml`))

  t.test(`a cluster sends ${service} every path of its contract`, async (t) => {
    const paths = Object.keys(JSON.parse(text(`${service}/openapi.json`)).paths)
    t.strictSame(
      paths.filter((path) => !routes.some((route) => isUnder(path, route))),
      [],
    )
  })

  t.test(`a cluster sends ${service} what the gateway does, and nothing else`, async (t) => {
    t.strictSame(
      routes.filter((route) => !gatewayPaths.some((path) => isUnder(route, path))),
      [],
      'no route of the chart is unknown to the gateway',
    )
    t.strictSame(
      gatewayPaths.filter((path) => !routes.some((route) => isUnder(route, path))),
      [],
      'no path of the gateway is missing in the chart',
    )
  })
}
