import { spawn, spawnSync } from 'node:child_process'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { readLines } from '../src/lines.ts'
import { freePorts, requirePorts } from '../src/ports.ts'
import { loadSettings, wantedPorts } from '../src/settings.ts'
import { curlLines } from '../src/welcome.ts'

const DEV = fileURLToPath(new URL('../src/commands/dev.ts', import.meta.url))

t.test('without variables: three instances on the ports of the architecture', async (t) => {
  const { ports, gateway } = loadSettings({})
  t.equal(gateway, 'fastify')
  t.strictSame(ports, {
    gateway: 8080,
    auth: 8001,
    authInternal: 9101,
    tasks: [8002, 8003, 8004],
    tasksInternal: [9102, 9103, 9104],
  })
})

t.test('TASKS and the port variables move them', async (t) => {
  const { ports } = loadSettings({
    TASKS: '2',
    PORT: '9000',
    TASK_PORT: '7000',
    INTERNAL_PORT: '7100',
    GATEWAY: 'nginx',
  })
  t.strictSame(ports, {
    gateway: 9000,
    auth: 8001,
    authInternal: 7100,
    tasks: [7000, 7001],
    tasksInternal: [7101, 7102],
  })
})

t.test('a variable that makes no sense is named', async (t) => {
  t.throws(() => loadSettings({ TASKS: 'many' }), {
    message: 'TASKS must be a whole number from 1 to 20, not "many".',
  })
  t.throws(() => loadSettings({ TASKS: '0' }), { message: /TASKS/ })
  t.throws(() => loadSettings({ PORT: '70000' }), { message: /PORT/ })
  t.throws(() => loadSettings({ GATEWAY: 'apache' }), {
    message: 'GATEWAY must be fastify or nginx, not "apache".',
  })
})

t.test(
  'a taken port is one sentence that names the port and its variable, and nothing is started',
  async (t) => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => server.close())
    const { port } = server.address() as AddressInfo
    const { status, stdout, stderr } = spawnSync(process.execPath, [DEV], {
      env: { ...process.env, PORT: String(port) },
      encoding: 'utf8',
    })
    t.equal(status, 1)
    t.equal(stdout, '')
    t.match(
      stderr.trim(),
      new RegExp(
        `^Port ${port}, wanted by the gateway, is taken: choose another with PORT, for example: make dev PORT=${port + 1000}$`,
      ),
    )
  },
)

t.test('a free port is given to one process alone, and by no kernel to who asks for any', async (t) => {
  const script = `import { freePorts } from '${new URL('../src/ports.ts', import.meta.url)}'
    process.stdout.write(JSON.stringify(await freePorts(200)) + '\\n'); process.stdin.resume()`
  const all = await Promise.all(
    [1, 2, 3].map(async () => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      t.teardown(() => child.kill('SIGKILL'))
      const { promise, resolve } = Promise.withResolvers<string>()
      readLines(child.stdout, resolve)
      return JSON.parse(await promise) as number[]
    }),
  )
  t.equal(new Set(all.flat()).size, 600)
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  server.close()
  t.ok(Math.max(...all.flat()) < 32_768)
  t.ok(port >= 32_768, 'the kernel gives others')
})

t.test('two parts that want the same port are told apart', async (t) => {
  const [port = 0] = await freePorts(1)
  const settings = loadSettings({ AUTH_PORT: String(port), PORT: String(port) })
  await t.rejects(requirePorts(wantedPorts(settings, {})), {
    message: `Port ${port} is wanted by both the gateway and auth-service: choose another with AUTH_PORT, for example: make dev AUTH_PORT=${port + 1000}`,
  })
})

t.test('a store from the environment wants no port', async (t) => {
  const variables = (env: NodeJS.ProcessEnv) =>
    wantedPorts(loadSettings({}), env).map(({ variable }) => variable)
  t.ok(variables({}).includes('MONGODB_PORT'))
  t.notOk(variables({ MONGODB_URI: 'mongodb://db' }).includes('MONGODB_PORT'))
  t.notOk(variables({ REDIS_URL: 'redis://cache' }).includes('REDIS_PORT'))
})

t.test('the curl lines are one shell line each', async (t) => {
  for (const line of curlLines('http://127.0.0.1:8080')) {
    t.notMatch(line, '\n')
    t.equal(spawnSync('sh', ['-n', '-c', line]).status, 0, line)
  }
})
