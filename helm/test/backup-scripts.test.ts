import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ROOT } from '../src/charts.ts'

/** A mongodump that writes what the command says into the archive that it is given. */
const dumping = (command: string) =>
  `for a; do case $a in --archive=*) ${command} >"$(echo "$a" | cut -d= -f2-)";; esac; done`

/** A container of the backup: its folders, and programs that write their arguments down and do as these lines say. */
class Container {
  readonly folder = mkdtempSync(join(tmpdir(), 'authdb-backup-'))
  readonly backups = join(this.folder, 'backup')

  constructor(t: Test, password = 'plain') {
    t.teardown(() => rmSync(this.folder, { recursive: true, force: true }))
    for (const name of ['backup', 'secret', 'tmp', 'bin']) mkdirSync(join(this.folder, name))
    writeFileSync(join(this.folder, 'secret/root-password'), `${password}\n`)
    this.program('mongodump', dumping('echo data'))
    this.program('mongorestore', ':')
  }

  program(name: string, body: string): void {
    const file = join(this.folder, 'bin', name)
    writeFileSync(file, `#!/bin/bash\necho "${name} $*" >>${this.folder}/calls\n${body}\n`)
    chmodSync(file, 0o755)
  }

  run(script: string, env: Record<string, string>) {
    const text = readFileSync(`${ROOT}charts/mongodb/files/${script}`, 'utf8').replaceAll(
      /(?<=[ ="(<>])\/(backup|secret|tmp)\b/g,
      `${this.folder}/$1`,
    )
    const { status, stderr, stdout } = spawnSync('bash', ['-c', text], {
      encoding: 'utf8',
      env: {
        PATH: `${this.folder}/bin:${process.env.PATH}`,
        URI: 'mongodb://root@db/?authSource=admin',
        DATABASES: 'auth tasks',
        ...env,
      },
    })
    return { status, stderr, stdout }
  }

  get calls(): string {
    const file = join(this.folder, 'calls')
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }
}

t.test('each database is dumped into one folder, and the password is among no arguments', (t) => {
  const container = new Container(t, 'with "quotes" and \\')
  const { status, stdout, stderr } = container.run('backup.sh', { KEEP: '2' })
  t.equal(status, 0, stderr)
  const [folder] = readdirSync(container.backups)
  t.match(folder, /^\d{8}T\d{6}Z$/)
  t.strictSame(readdirSync(join(container.backups, folder as string)), ['auth.gz', 'tasks.gz'])
  t.match(stdout, `/backup/${folder} holds auth.gz tasks.gz`)
  t.notMatch(container.calls, /quotes/)
  t.equal(
    readFileSync(join(container.folder, 'tmp/login.yaml'), 'utf8'),
    'password: "with \\"quotes\\" and \\\\"\n',
  )
  t.end()
})

t.test('only the newest stay, and what a run that was cut short has left goes', (t) => {
  const container = new Container(t)
  for (const name of [
    '20250101T000000Z',
    '20250102T000000Z',
    '20250103T000000Z',
    '.partial-20250104T000000Z',
    'mine',
  ])
    mkdirSync(join(container.backups, name))
  t.equal(container.run('backup.sh', { KEEP: '2' }).status, 0)
  const left = readdirSync(container.backups).sort()
  t.match(left, ['20250103T000000Z', /^20[2-9].*Z$/, 'mine'])
  t.equal(left.length, 3)
  t.end()
})

for (const [what, body] of [
  ['fails', 'exit 1'],
  ['writes nothing', dumping(':')],
] as const) {
  t.test(`a dump that ${what} is no backup, and takes none away`, (t) => {
    const container = new Container(t)
    mkdirSync(join(container.backups, '20250101T000000Z'))
    container.program('mongodump', body)
    t.not(container.run('backup.sh', { KEEP: '1' }).status, 0)
    t.strictSame(
      readdirSync(container.backups).filter((name) => !name.startsWith('.')),
      ['20250101T000000Z'],
    )
    t.end()
  })
}

function withBackup(t: Test, ...databases: string[]): Container {
  const container = new Container(t)
  mkdirSync(join(container.backups, '20250101T000000Z'))
  for (const name of databases)
    writeFileSync(join(container.backups, '20250101T000000Z', `${name}.gz`), 'data')
  return container
}

t.test('a restore replaces the collections of its databases and of no other', (t) => {
  const container = withBackup(t, 'auth', 'tasks')
  const { status, stderr } = container.run('restore.sh', { ARCHIVE: '20250101T000000Z' })
  t.equal(status, 0, stderr)
  const calls = container.calls.trim().split('\n')
  t.equal(calls.length, 2)
  t.match(calls[0], /--drop --nsInclude=auth\.\* .*20250101T000000Z\/auth\.gz/)
  t.match(calls[1], /--drop --nsInclude=tasks\.\* /)
  t.end()
})

t.test('a restore that lacks something changes nothing, says what, and is not tried again', (t) => {
  for (const [container, archive, sentence] of [
    [
      withBackup(t, 'auth', 'tasks'),
      '20990101T000000Z',
      /no backup 20990101T000000Z; there are: 20250101T000000Z/,
    ],
    [withBackup(t, 'auth'), '20250101T000000Z', /20250101T000000Z holds nothing of tasks/],
  ] as const) {
    const { status, stderr } = container.run('restore.sh', { ARCHIVE: archive })
    t.equal(status, 42, 'the exit code that fails the Job')
    t.match(stderr, sentence)
    t.equal(container.calls, '')
  }
  t.end()
})
