import { readFileSync } from 'node:fs'
import t from 'tap'
import { currentInstallation, IMAGES, ROOT } from '../harness/cluster/installation.ts'

/** What a running container finds in its image. */
const { namespace } = currentInstallation()
const LIMIT_BYTES = 200_000_000

/** Runs in the pod, so it is told as text: every file of the root file system, without what is mounted into it. */
const LIST_FILES = `
  const { lstatSync, readdirSync } = require('node:fs')
  const { dev } = lstatSync('/')
  const files = []
  const walk = (folder) => {
    for (const entry of readdirSync(folder)) {
      const path = folder + entry
      const stat = lstatSync(path)
      if (stat.dev !== dev) continue
      if (stat.isDirectory()) walk(path + '/')
      else files.push({ path, bytes: stat.size, mode: stat.mode })
    }
  }
  walk('/')
  process.stdout.write(JSON.stringify(files))
`

/** Tests, what they need, and what belongs to a checkout: the control port of `make dev`, the configuration of nginx. */
const DEVELOPMENT =
  /^\/app\/src\/.*\.(test|fixture)\.ts$|^\/app\/node_modules\/(tap|typescript|esbuild|preact|@biomejs)\/|^\/(app\/)?(dev|web)\/|\/control\/|nginx/

/** The program that the image's HEALTHCHECK gives to node, for Docker; Kubernetes has its probes. */
function healthCheck(service: string): string {
  const dockerfile = readFileSync(`${ROOT}${service}/Dockerfile`, 'utf8')
  const [, command] = /^HEALTHCHECK [^[]*CMD (\[.*\])$/m.exec(dockerfile) ?? []
  const [program, flag, script] = JSON.parse(command ?? '[]') as string[]
  if (program !== 'node' || flag !== '-e' || !script) throw new Error(`${service}: unknown HEALTHCHECK`)
  return script
}

interface ImageFile {
  path: string
  bytes: number
  mode: number
}

t.test('gateway: the page is there, and no other port than its own is open', async (t) => {
  const [pod] = await namespace.readyPods('gateway')
  const inPod = (...args: string[]) => namespace.kubectl('exec', pod as string, '--', 'node', '-e', ...args)
  t.match(
    await inPod(`process.stdout.write(require('node:fs').readdirSync('/app/page').join())`),
    'index.html',
  )
  const table = await inPod(
    `for (const file of ['tcp', 'tcp6']) try { process.stdout.write(require('node:fs').readFileSync('/proc/net/' + file, 'utf8')) } catch {}`,
  )
  const LISTENING = '0A'
  const ports = table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state]) => state === LISTENING)
    .map(([, address]) => Number.parseInt(address?.split(':')[1] ?? '', 16))
  t.strictSame(ports, [8080])
})

for (const service of IMAGES) {
  t.test(`${service}: the image is small and holds no other program than node`, async (t) => {
    const [pod] = await namespace.readyPods(service)
    const output = await namespace.kubectl('exec', pod as string, '--', 'node', '--eval', LIST_FILES)
    const files = JSON.parse(output) as ImageFile[]
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
    t.comment(`${files.length} files, ${Math.round(bytes / 1e6)} MB`)
    t.ok(bytes <= LIMIT_BYTES, `at most ${LIMIT_BYTES / 1e6} MB unpacked`)
    const programs = files.filter(
      ({ path, mode }) => (mode & 0o111) !== 0 && !path.startsWith('/app/') && !/\.so\b/.test(path),
    )
    t.strictSame(
      programs.map(({ path }) => path),
      ['/usr/local/bin/node'],
      'node is the only program',
    )
    const paths = new Set(files.map(({ path }) => path))
    t.ok(paths.has('/app/src/server.ts'), 'the service is there')
    for (const path of ['/etc/debian_version', '/var/lib/dpkg/status.d/libc6'])
      t.ok(paths.has(path), `${path} tells a scanner what else is there`)
    const development = files.filter(({ path }) => DEVELOPMENT.test(path))
    t.strictSame(development, [], 'and neither tests nor what they need, nor anything of `make dev`')
  })

  t.test(`${service}: the image's health check tells a running service from another`, async (t) => {
    const [pod] = await namespace.readyPods(service)
    const check = (script: string) => namespace.kubectl('exec', pod as string, '--', 'node', '-e', script)
    await t.resolves(check(healthCheck(service)), 'healthy')
    await t.rejects(
      check(`process.env.INTERNAL_PORT = process.env.PORT = '1'; ${healthCheck(service)}`),
      /exit code 1/,
      'unhealthy where nothing answers',
    )
  })
}
