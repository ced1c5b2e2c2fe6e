import t from 'tap'
import { type Member, type Run, runSetup } from './fake-mongosh.ts'

const THREE = ['a:27017', 'b:27017', 'c:27017']
const users = [{ name: 'auth', database: 'auth' }]
const verbs = (run: Run) => run.changes.map((change) => Object.keys(change.request)[0])
const members = (...list: Member[]) =>
  Object.fromEntries(list.map((member, i) => [THREE[i] as string, member]))
const running = (primary: number): Member[] =>
  THREE.map((_, i) => ({ setName: 'rs0', isPrimary: i === primary, rootPassword: 'right' }))

t.test('a fresh set is initiated once, by member 0, with all members, and gets its logins', (t) => {
  const run = runSetup({
    desired: THREE,
    replicaSet: 'rs0',
    users,
    members: members({ rootPassword: 'right' }, {}, {}),
  })
  t.equal(run.error, undefined)
  t.strictSame(verbs(run), ['replSetInitiate', 'createUser'])
  t.equal(run.changes[0]?.host, 'a:27017')
  t.match(run.changes[0]?.request, {
    replSetInitiate: { _id: 'rs0', members: THREE.map((host, _id) => ({ _id, host })) },
  })
  t.strictSame(JSON.parse(JSON.stringify(run.changes[1]?.request)), {
    createUser: 'auth',
    pwd: 'password of auth',
    roles: [{ role: 'readWrite', db: 'auth' }],
  })
  t.equal(run.changes[1]?.database, 'auth')
  t.end()
})

t.test('members that come up late are waited for', (t) => {
  const run = runSetup({
    desired: THREE,
    replicaSet: 'rs0',
    members: members({ rootPassword: 'right' }, { awayFor: 20 }, { awayFor: 40 }),
  })
  t.equal(run.error, undefined)
  t.strictSame(verbs(run), ['replSetInitiate'])
  t.end()
})

t.test('a member that never comes ends the try with its name, and nothing was changed', (t) => {
  const run = runSetup({
    desired: THREE,
    replicaSet: 'rs0',
    members: members({ rootPassword: 'right' }, {}, { awayFor: 1e6 }),
  })
  t.match(run.error, /gave up waiting for c:27017 to answer/)
  t.equal(run.exitCode, undefined, 'so the Job tries again')
  t.strictSame(verbs(run), [])
  t.end()
})

t.test('a set that runs is left as it is; logins get their present password', (t) => {
  const run = runSetup({
    desired: THREE,
    replicaSet: 'rs0',
    users,
    existingUsers: ['auth'],
    configured: THREE,
    members: members(...running(1)),
  })
  t.equal(run.error, undefined)
  t.strictSame(verbs(run), ['updateUser'])
  t.equal(run.changes[0]?.host, 'b:27017', 'on the primary')
  t.end()
})

t.test('a Job that was cut off after the initiation goes on from there', (t) => {
  const run = runSetup({
    desired: THREE,
    replicaSet: 'rs0',
    users,
    configured: THREE,
    members: members(...running(0)),
  })
  t.strictSame(verbs(run), ['createUser'])
  t.end()
})

t.test('new members join one at a time, each after the one before has caught up', (t) => {
  const [first] = running(0)
  const run = runSetup({
    desired: THREE,
    replicaSet: 'rs0',
    configured: THREE.slice(0, 1),
    catchesUpAfter: 3,
    members: { ...members(first as Member, {}, {}) },
  })
  t.equal(run.error, undefined)
  const sizes = run.changes.map(
    (change) => (change.request.replSetReconfig as { members: unknown[] }).members.length,
  )
  t.strictSame(sizes, [2, 3])
  const versions = run.changes.map(
    (change) => (change.request.replSetReconfig as { version: number }).version,
  )
  t.strictSame(versions, [4, 5])
  t.end()
})

t.test('a new member that does not catch up stops the extension', (t) => {
  const [first] = running(0)
  const run = runSetup({
    desired: THREE,
    replicaSet: 'rs0',
    configured: THREE.slice(0, 1),
    catchesUpAfter: 1e6,
    members: members(first as Member, {}, {}),
  })
  t.match(run.error, /gave up waiting for b:27017 to catch up/)
  t.strictSame(verbs(run), ['replSetReconfig'])
  t.end()
})

const REFUSALS: { name: string; desired?: string[]; configured?: string[]; list: Member[]; says: RegExp }[] =
  [
    {
      name: 'data on member 0 without a configuration is not touched',
      list: [{ rootPassword: 'right', collections: 1 }, {}, {}],
      says: /a:27017 holds data but no replica set configuration\. Nothing was changed/,
    },
    {
      name: 'data on another member without a configuration is not touched',
      list: [{ rootPassword: 'right' }, {}, { rootPassword: 'right' }],
      says: /c:27017 holds data but no replica set configuration\. Nothing was changed/,
    },
    {
      name: 'a member of another set is refused',
      list: [{ rootPassword: 'right' }, { setName: 'other' }, {}],
      says: /b:27017 belongs to the replica set "other", not to "rs0"/,
    },
    {
      name: 'a volume made with another root password is refused',
      list: [{ rootPassword: 'older' }, {}, {}],
      says: /a:27017 refuses the root password: its volume was made with another one/,
    },
    {
      name: 'members that the chart no longer has must be removed by hand',
      desired: THREE.slice(0, 1),
      configured: THREE,
      list: running(0),
      says: /members the chart does not know: b:27017, c:27017\. Remove them with rs\.remove\(\)/,
    },
    {
      name: 'a new member that holds data does not join',
      configured: THREE.slice(0, 1),
      list: [running(0)[0] as Member, { rootPassword: 'right' }, {}],
      says: /b:27017 holds data but is no member\. Nothing was changed/,
    },
  ]

for (const { name, desired = THREE, configured = [], list, says } of REFUSALS) {
  t.test(`${name}, and no retry is made`, (t) => {
    const run = runSetup({ desired, replicaSet: 'rs0', users, configured, members: members(...list) })
    t.equal(run.exitCode, 42)
    t.match(run.printed.join('\n'), says)
    t.strictSame(verbs(run), [])
    t.end()
  })
}

t.test('a single server is only given its logins', (t) => {
  const run = runSetup({
    desired: ['a:27017'],
    users,
    members: { 'a:27017': { rootPassword: 'right', collections: 1, awayFor: 5 } },
  })
  t.equal(run.error, undefined)
  t.strictSame(verbs(run), ['createUser'])
  t.equal(run.printed.at(-1), 'setup: done')
  t.end()
})

t.test('a single server that can take the password over is to be started again, and loses nothing', (t) => {
  const run = runSetup({
    desired: ['a:27017'],
    rootPasswordIsGenerated: true,
    members: { 'a:27017': { rootPassword: 'of an earlier release', collections: 1 } },
  })
  t.equal(run.exitCode, 42)
  t.match(run.printed.join('\n'), /Delete the pod: it takes this password over/)
  t.notMatch(run.printed.join('\n'), /delete the volume/)
  t.end()
})
