import { execFile, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { ROOT } from '../src/checkout.ts'
import { copyCheckout } from './fixtures/checkout.ts'

/** Part of a path, and what a shell or make would do with it were it not quoted. */
const PATHS = ['auth db', `auth "db' $(id) \`id\` $HOME`]

/** Programs that only write down how they are called: those of the charts as if Go had built them, the others on PATH. */
function fakeTools(checkout: string, onPath: string): void {
  const built = Array.from(
    readFileSync(join(ROOT, 'helm', 'tools.versions'), 'utf8').matchAll(/^([A-Z_]+)=(v[\d.]+)$/gm),
    ([, name = '', version]) => `built/${name.toLowerCase().replace('_', '-')}-${version}`,
  )
  const tools = join(checkout, '.cache', 'tools')
  for (const file of [...built, 'gobin/kind']
    .map((name) => join(tools, name))
    .concat(join(onPath, 'docker'))) {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(
      file,
      '#!/bin/sh\n{ printf "%s" "$(basename "$0")"; printf " [%s]" "$@"; echo; } >>"$CALLS"\n',
    )
    chmodSync(file, 0o755)
  }
}

/** A checkout in a folder of a difficult name, beside folders that its parts name. */
function checkoutIn(t: Test, name: string) {
  const parent = t.testdir({ auth: { precious: 'mine' }, db: { precious: 'mine' } })
  const checkout = join(parent, name)
  const packages = copyCheckout(checkout)
  fakeTools(checkout, join(parent, 'tools'))
  const env = {
    ...process.env,
    PATH: `${join(parent, 'tools')}:${dirname(process.execPath)}:${process.env.PATH}`,
    CALLS: join(parent, 'calls'),
    // Of the `make` that runs this test.
    MAKEFLAGS: '',
    MAKELEVEL: '',
  }
  const make = (...args: string[]) => spawnSync('make', args, { cwd: checkout, env, encoding: 'utf8' })
  const works = (t: Test, ...args: string[]) => {
    const { status, stdout, stderr } = make(...args)
    t.equal(status, 0, `make ${args.join(' ')}: ${status === 0 ? '' : stdout + stderr}`)
    return stdout
  }
  const precious = () => ['auth', 'db'].every((folder) => existsSync(join(parent, folder, 'precious')))
  const calls = () => readFileSync(env.CALLS, 'utf8')
  return { checkout, packages, make, works, precious, calls }
}

const targets = ['Makefile', 'helm/charts.mk', 'helm/cluster.mk', 'e2e/scaling.mk'].flatMap((file) =>
  Array.from(
    readFileSync(join(ROOT, file), 'utf8').matchAll(/^([a-z][a-z0-9-]*):(?!=)/gm),
    ([, name = '']) => name,
  ),
)

for (const command of [['make'], ['make', 'help']]) {
  t.test(`${command.join(' ')} lists every target with a line of its own`, async (t) => {
    const { status, stdout } = spawnSync('make', ['-s', ...command.slice(1)], { cwd: ROOT, encoding: 'utf8' })
    t.equal(status, 0)
    t.strictSame(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => /^ +([a-z0-9-]+) +\S/.exec(line)?.[1]),
      [...new Set(targets)],
    )
  })
}

t.test('addresses of this machine are asked for without a proxy', async (t) => {
  const service = createServer((_request, response) => response.end('here'))
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
  t.teardown(() => service.close())
  const { port } = service.address() as AddressInfo
  const script = `process.stdout.write(await (await fetch('http://127.0.0.1:${port}')).text() + ' ' + process.env.NO_PROXY)`
  const probe = join(
    t.testdir({ 'probe.mk': 'probe:\n\t@node --input-type=module -e "$$SCRIPT"\n' }),
    'probe.mk',
  )
  for (const [given, expected] of [
    [{}, '127.0.0.1,localhost,::1'],
    [{ no_proxy: 'a.example' }, 'a.example,127.0.0.1,localhost,::1'],
  ] as const) {
    const { NO_PROXY: _upper, no_proxy: _lower, ...rest } = process.env
    const env = {
      ...rest,
      ...given,
      SCRIPT: script,
      NODE_USE_ENV_PROXY: '1',
      HTTP_PROXY: 'http://127.0.0.1:9',
    }
    const { stdout } = await promisify(execFile)('make', ['-s', '-f', 'Makefile', '-f', probe, 'probe'], {
      cwd: ROOT,
      env,
    })
    t.equal(stdout, `here ${expected}`)
  }
})

t.test("an installation that fails says why in npm's own words", async (t) => {
  const checkout = join(t.testdir(), 'checkout')
  copyCheckout(checkout, { linkPackages: false })
  rmSync(join(checkout, '.cache', 'installed', 'web'))
  const { status, stdout, stderr } = spawnSync('make', ['.cache/installed/web'], {
    cwd: checkout,
    encoding: 'utf8',
    env: {
      ...process.env,
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      MAKEFLAGS: '',
      MAKELEVEL: '',
      // Nobody listens there.
      npm_config_registry: 'http://127.0.0.1:9',
      npm_config_fetch_retries: '0',
    },
  })
  t.not(status, 0)
  t.match(stderr, 'ECONNREFUSED')
  t.match(stdout, 'The packages of web were not installed; npm says why above.')
  t.notOk(existsSync(join(checkout, '.cache', 'installed', 'web')), 'and is tried again the next time')
})

for (const name of PATHS) {
  t.test(`in a folder called ${name}`, async (t) => {
    const { checkout, packages, make, works, precious, calls } = checkoutIn(t, name)

    await t.test('every target knows what to do', async (t) => {
      for (const target of targets) works(t, '-n', target)
    })

    await t.test('signing keys are made, twins compared, stale tables noticed and written', async (t) => {
      const document = join(checkout, 'docs', 'settings.md')
      const written = readFileSync(document, 'utf8')
      works(t, 'keys', 'twins', 'readme-check')
      writeFileSync(document, written.replace('| Connection string |', '| Another one |'))
      t.match(make('readme-check').stderr, /tables in docs\/settings\.md are stale: run `make readme`/)
      works(t, 'readme')
      t.equal(readFileSync(document, 'utf8'), written)
      t.ok(existsSync(join(checkout, '.cache', 'dev', 'signing-keys.json')))
      works(t, 'keys', 'FILE=keys "of mine".json')
      t.ok(existsSync(join(checkout, 'keys "of mine".json')))
    })

    await t.test('charts are linted and packaged, images built', async (t) => {
      works(t, 'charts-unit', 'workflows', 'cluster-tools', 'chart-package', 'image', 'kind-up')
      works(t, 'image', 'SERVICE=task-service', 'IMAGE=a b')
      t.ok(
        existsSync(join(checkout, '.cache', 'packages', 'source', 'charts', 'auth-service', 'values.yaml')),
      )
      t.match(
        calls(),
        'helm [package] [.cache/packages/source/charts/auth-service] [--destination] [.cache/packages]\n',
      )
      t.match(calls(), /^kind \[create\]/m)
      t.match(calls(), /^docker \[build\] .*\[--tag\] \[a b\] .*\[\.\/task-service\]$/m)
    })

    await t.test('make clean removes what is its own, and nothing else', async (t) => {
      works(t, 'clean', 'CACHE=../auth', 'PACKAGES=../db')
      works(t, 'clean')
      t.notOk(existsSync(join(checkout, '.cache')))
      for (const one of packages) {
        t.notOk(lstatSync(join(checkout, one, 'node_modules'), { throwIfNoEntry: false }), one)
        t.ok(existsSync(join(ROOT, one, 'node_modules')), 'a link is removed, not what it names')
      }
    })

    t.ok(precious(), 'the folders beside it are as they were')
  })
}

t.test('a path that PATH cannot hold is refused, and clean removes nothing of it', async (t) => {
  const { make, precious } = checkoutIn(t, 'auth:db')
  const { status, stderr } = make('clean')
  t.not(status, 0)
  t.match(stderr, /PATH cannot hold the path of this checkout, because of its colon: .*auth:db/)
  t.ok(precious())
})
