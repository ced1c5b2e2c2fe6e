import { spawnSync } from 'node:child_process'
import t from 'tap'
import { ROOT } from '../src/checkout.ts'
import { commandsIn, documents, FILES, read, readDocument, targetOf } from './fixtures/documents.ts'

/** Where it is written what runs each command. */
const COMMANDS = 'docs/drills.md'
const MAKEFILES = ['Makefile', 'helm/charts.mk', 'helm/cluster.mk', 'e2e/scaling.mk']

const named = documents.flatMap(({ file, commands }) => commands.map((command) => ({ file, ...command })))

/** The table of {@link COMMANDS} whose second column has this name. */
function table(column: string): Map<string, string> {
  const tables = documents.find(({ file }) => file === COMMANDS)?.tables ?? []
  const rows = tables.find(([head]) => head?.[0] === 'command' && head[1] === column)?.slice(1) ?? []
  return new Map(rows.map(([command = '', second = '']) => [command, second]))
}
const ranBy = table('is run by')
const needs = table('needs')

/** Each target of make with those it depends on. */
const prerequisites = new Map(
  MAKEFILES.flatMap((file) =>
    Array.from(read(file).matchAll(/^([a-z][a-z0-9-]*):(?!=)([^#\n]*)/gm), ([, target = '', others = '']) => [
      target,
      others.split(/\s+/).filter(Boolean),
    ]),
  ) as [string, string[]][],
)

function withPrerequisites(target: string): string[] {
  return [target, ...(prerequisites.get(target) ?? []).flatMap(withPrerequisites)]
}

/** Commands that `.ci/run` runs, with all that make does for them. */
const ranByCi = new Set(
  read('.ci/run')
    .split('\n')
    .flatMap((line) => commandsIn(line))
    .map(({ key }) => key)
    .flatMap((key) => withPrerequisites(key.replace(/^make /, '')).map((target) => `make ${target}`)),
)

/** Whether a test has the command among what it runs: its words, or the last of them as a program or an argument. */
function isIn(source: string, command: string): boolean {
  const last = command.split(' ').at(-1) ?? ''
  return source.includes(`'${command}'`) || new RegExp(`['"\`/]${last}(\\.ts)?['"\`]`).test(source)
}

t.test('commands are found in blocks and in sentences', async (t) => {
  const { commands, links, anchors } = readDocument(
    'x.md',
    [
      '# A “title”, twice',
      '`A_B=1 make x y Z=2 > z.txt`, `helm/x.mk`, `node`, [there](../b.md#c)',
      '```sh',
      'for one in $(kubectl get pvc); do # a comment && none',
      '  .cache/tools/gobin/kind load \\',
      '    docker-image && helm install "a && b"',
      '```',
      '# A “title”, twice',
    ].join('\n'),
  )
  t.strictSame(
    commands.map(({ key }) => key),
    ['make x', 'make y', 'kubectl get', 'kind load', 'helm install'],
  )
  t.strictSame(commands[0]?.variables, ['A_B', 'Z'])
  t.strictSame(links, ['../b.md#c'])
  t.strictSame([...anchors], ['a-title-twice', 'a-title-twice-1'])
})

t.test(
  'every command of a document is run by something, or is said to need what is not everywhere',
  async (t) => {
    t.ok(named.length > 100, 'commands were found')
    const unknown = named.filter(({ key }) => !ranBy.has(key) && !needs.has(key))
    t.strictSame(
      unknown.map(({ file, key }) => `${file}: ${key}`),
      [],
    )
  },
)

t.test('every target of make that a document names is there', async (t) => {
  const missing = named.filter(
    ({ key }) => key.startsWith('make ') && !prerequisites.has(key.slice('make '.length)),
  )
  t.strictSame(
    missing.map(({ file, key }) => `${file}: ${key}`),
    [],
  )
})

t.test('every variable that a document sets for a command is read somewhere', async (t) => {
  const isRead = (variable: string) =>
    spawnSync('git', ['grep', '-qw', variable, '--', ':!*.md'], { cwd: ROOT }).status === 0
  const unread = new Set(named.flatMap(({ variables }) => variables).filter((variable) => !isRead(variable)))
  t.strictSame([...unread], [])
})

t.test('the table of commands names what runs each, and nothing that no document mentions', async (t) => {
  const keys = new Set(named.map(({ key }) => key))
  t.strictSame(
    [...ranBy.keys(), ...needs.keys()].filter((command) => !keys.has(command)),
    [],
    'what the table alone knows',
  )
  const isRun = (command: string, runner: string) =>
    runner === '.ci/run' ? ranByCi.has(command) : FILES.includes(runner) && isIn(read(runner), command)
  t.strictSame(
    [...ranBy].filter(([command, runner]) => !isRun(command, runner)),
    [],
    'what is not run where the table says',
  )
})

t.test('every link, picture and path of every document leads somewhere', async (t) => {
  const folders = FILES.flatMap((file) =>
    file.split('/').map((_, end, parts) => parts.slice(0, end).join('/')),
  )
  const known = new Set([...FILES, ...folders])
  const anchorsOf = new Map(documents.map(({ file, anchors }) => [file, anchors]))
  const leadsNowhere = (from: string, link: string) => {
    const target = targetOf(from, link)
    if (!target) return false
    const { file, anchor } = target
    return !known.has(file) || (anchor !== '' && !anchorsOf.get(file)?.has(anchor))
  }
  const isNowhere = (from: string, path: string) =>
    !path.startsWith('.cache/') && !known.has(path) && leadsNowhere(from, path)
  const dead = documents.flatMap(({ file, links, paths }) => [
    ...links.filter((link) => leadsNowhere(file, link)).map((link) => `${file}: ${link}`),
    ...paths.filter((path) => isNowhere(file, path)).map((path) => `${file}: ${path}`),
  ])
  t.strictSame(dead, [])
})
