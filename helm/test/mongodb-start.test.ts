import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ROOT } from '../src/charts.ts'

const digestOf = (password: string) => `${createHash('sha256').update(password).digest('hex')}  -`

/** A container to start in: folders of its own, and programs that only write down how they were called. */
class Container {
  readonly folder = mkdtempSync(join(tmpdir(), 'authdb-mongodb-start-'))
  private readonly calls = join(this.folder, 'calls')

  constructor(t: Test, password: string) {
    t.teardown(() => rmSync(this.folder, { recursive: true, force: true }))
    for (const name of ['bin', 'db', 'secret']) mkdirSync(join(this.folder, name))
    writeFileSync(join(this.folder, 'secret/root-password'), password)
    this.program('docker-entrypoint.sh', 'echo "root from $MONGO_INITDB_ROOT_PASSWORD_FILE" >>"$CALLS"')
    this.server('echo stopped >>"$CALLS"; exit 0')
    this.program('mongosh', 'until [[ -e $CALLS.ready ]]; do sleep 0.02; done')
  }

  /** Puts a program on the container's PATH; it writes its name and arguments down first. */
  program(name: string, body: string): void {
    const file = join(this.folder, 'bin', name)
    writeFileSync(file, `#!/bin/bash\necho "${name} $*" >>"$CALLS"\n${body}\n`)
    chmodSync(file, 0o755)
  }

  /** A server that runs until it is told to stop. */
  server(stop: string): void {
    this.program('mongod', `trap '${stop}' TERM; touch "$CALLS.ready"; while :; do sleep 0.05; done`)
  }

  holdsData(mark?: string): this {
    writeFileSync(join(this.folder, 'db/WiredTiger'), '')
    if (mark !== undefined) writeFileSync(this.mark, `${mark}\n`)
    return this
  }

  private get mark(): string {
    return join(this.folder, 'db/.root-password.sha256')
  }

  get digest(): string | undefined {
    return existsSync(this.mark) ? readFileSync(this.mark, 'utf8').trim() : undefined
  }

  /** @returns the programs that ran, in their order, without the paths of this machine. @throws Error when the start fails */
  start(env: Record<string, string>): string[] {
    const script = readFileSync(`${ROOT}charts/mongodb/files/start.sh`, 'utf8')
      .replaceAll('/data/db', `${this.folder}/db`)
      .replaceAll('/secret', `${this.folder}/secret`)
    execFileSync('bash', ['-c', script, 'start.sh', '--auth'], {
      env: { PATH: `${this.folder}/bin:${process.env.PATH}`, CALLS: this.calls, ...env },
      stdio: 'pipe',
      timeout: 240_000,
    })
    return this.ran
  }

  get ran(): string[] {
    return readFileSync(this.calls, 'utf8').trim().replaceAll(this.folder, '').split('\n').sort(inOrder)
  }
}

/** The server's line first: on a busy machine it is written late. */
function inOrder(a: string, b: string): number {
  return Number(b.startsWith('mongod --bind_ip')) - Number(a.startsWith('mongod --bind_ip'))
}

const ENTRY_POINT = ['docker-entrypoint.sh mongod --auth', 'root from /secret/root-password']
const TAKE_OVER = [
  'mongod --bind_ip=127.0.0.1 --port=27017 --dbpath=/db',
  'mongosh --nodb --quiet --norc /files/root-password.js',
  'stopped',
]
const GENERATED = { HOSTNAME: 'authdb-mongodb-0', ROOT_PASSWORD_IS_GENERATED: 'true' }

t.test('an empty volume is left to the entry point, which makes root', (t) => {
  const container = new Container(t, 'new')
  t.strictSame(container.start(GENERATED), ENTRY_POINT)
  t.equal(container.digest, undefined, 'the entry point finds the folder empty')
  t.end()
})

t.test(
  'a volume of an earlier release takes over the password of this one, before anybody can connect',
  (t) => {
    const container = new Container(t, 'new').holdsData(digestOf('old'))
    t.strictSame(container.start(GENERATED), [...TAKE_OVER, ...ENTRY_POINT])
    t.equal(container.digest, digestOf('new'))
    t.end()
  },
)

t.test('a volume that says nothing about its password is asked once', (t) => {
  const container = new Container(t, 'new').holdsData()
  t.strictSame(container.start(GENERATED), [...TAKE_OVER, ...ENTRY_POINT])
  t.strictSame(container.start(GENERATED).slice(-2), ENTRY_POINT)
  t.equal(container.ran.length, TAKE_OVER.length + 2 * ENTRY_POINT.length, 'and not again')
  t.end()
})

t.test('a server that is not ready yet is tried again', (t) => {
  const container = new Container(t, 'new').holdsData()
  container.program('mongosh', '[[ $(grep -c mongosh "$CALLS") == 2 ]]')
  const [server, shell, stopped] = TAKE_OVER as [string, string, string]
  t.strictSame(container.start(GENERATED), [server, shell, shell, stopped, ...ENTRY_POINT])
  t.end()
})

t.test('a server that cannot open the data ends the start, and root keeps its password', (t) => {
  const container = new Container(t, 'new').holdsData(digestOf('old'))
  container.program('mongod', 'exit 62')
  container.program('mongosh', 'sleep 0.2; exit 1')
  t.throws(() => container.start(GENERATED))
  t.notMatch(container.ran.join('\n'), 'docker-entrypoint.sh')
  t.equal(container.digest, digestOf('old'))
  t.end()
})

t.test('a server that does not stop well ends the start before the password counts as taken over', (t) => {
  const container = new Container(t, 'new').holdsData(digestOf('old'))
  container.server('exit 14')
  t.throws(() => container.start(GENERATED))
  t.equal(container.digest, digestOf('old'))
  t.end()
})

t.test(
  'a container that is told to stop meanwhile stops its server well, and root keeps its password',
  async (t) => {
    const container = new Container(t, 'new').holdsData(digestOf('old'))
    container.program(
      'mongosh',
      'until [[ -e $CALLS.ready ]]; do sleep 0.02; done; kill -TERM $PPID; sleep 0.2; exit 1',
    )
    let status: number | undefined
    try {
      container.start(GENERATED)
    } catch (error) {
      status = (error as { status?: number }).status
    }
    t.equal(status, 143)
    t.ok(container.ran.includes('stopped'))
    t.equal(container.digest, digestOf('old'))
  },
)

t.test('a password that was given is never taken over', (t) => {
  const container = new Container(t, 'new').holdsData(digestOf('old'))
  t.strictSame(container.start({ HOSTNAME: 'authdb-mongodb-0' }), ENTRY_POINT)
  t.end()
})

t.test('only member 0 makes root', (t) => {
  const container = new Container(t, 'new')
  t.strictSame(container.start({ HOSTNAME: 'authdb-mongodb-1' }), [
    'docker-entrypoint.sh mongod --auth',
    'root from',
  ])
  t.end()
})
