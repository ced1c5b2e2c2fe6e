// Run by mongosh: forms or extends the replica set and makes the logins. Safe to repeat at any time.
// Exit codes: 0 done, 1 try again later, 42 a state that needs a person.
const fs = require('node:fs')

const NEEDS_A_PERSON = 42
const AUTHENTICATION_FAILED = 18

const members = process.env.MEMBERS.split(',')
const replicaSet = process.env.REPLICA_SET
const users = JSON.parse(process.env.USERS)
const deadline = Date.now() + Number(process.env.WAIT_SECONDS) * 1000
const rootPassword = read(process.env.ROOT_PASSWORD_FILE)

function read(file) {
  return fs.readFileSync(file, 'utf8').trim()
}

function giveUp(sentence) {
  print(`setup: ${sentence}`)
  quit(NEEDS_A_PERSON)
  throw Object.assign(new Error(sentence), { needsAPerson: true }) // quit() may return before the shell has ended
}

const connections = new Map()

// Connects to this one server, whatever state it is in; once, because a wait asks it every second.
function open(host, password) {
  const login = password === undefined ? '' : `root:${encodeURIComponent(password)}@`
  const uri = `mongodb://${login}${host}/admin?directConnection=true&serverSelectionTimeoutMS=2000`
  if (!connections.has(uri)) connections.set(uri, new Mongo(uri))
  return connections.get(uri).getDB('admin')
}

function waitFor(what, probe) {
  let reason = ''
  while (Date.now() < deadline) {
    try {
      const result = probe()
      if (result) return result
      reason = 'not yet'
    } catch (error) {
      if (error.needsAPerson || error.code === AUTHENTICATION_FAILED) throw error
      reason = error.message
    }
    sleep(1000)
  }
  throw new Error(`gave up waiting for ${what}: ${reason}`)
}

function hello(host) {
  return waitFor(`${host} to answer`, () => open(host).runCommand({ hello: 1 }))
}

function command(database, request) {
  const answer = database.runCommand(request)
  if (!answer.ok) throw Object.assign(new Error(answer.errmsg), { code: answer.code })
  return answer
}

// A member that lets root in holds the user table, so it holds data: an empty member knows nobody.
function rootIsKnown(host) {
  try {
    command(open(host, rootPassword), { connectionStatus: 1 })
    return true
  } catch (error) {
    if (error.code === AUTHENTICATION_FAILED) return false
    throw error
  }
}

// The one that start.sh can take over, or the one that only a person can bring back.
const remedy = process.env.ROOT_PASSWORD_IS_GENERATED
  ? 'Delete the pod: it takes this password over when it starts again.'
  : 'Restore that Secret, or delete the volume to start empty.'

function openAsRoot(host) {
  if (!rootIsKnown(host)) {
    giveUp(`${host} refuses the root password: its volume was made with another one. ${remedy}`)
  }
  return open(host, rootPassword)
}

function refuseForeignSets(answers) {
  for (const [host, answer] of answers) {
    if (answer.setName && answer.setName !== replicaSet) {
      giveUp(`${host} belongs to the replica set "${answer.setName}", not to "${replicaSet}".`)
    }
  }
}

function initiate() {
  const [first, ...others] = members
  const admin = openAsRoot(first)
  // Before the initiation a member refuses to list or read databases, but counts collections outside of admin, local and config.
  const { catalogStats } = command(admin, { serverStatus: 1 })
  if (catalogStats.collections > 0) {
    giveUp(
      `${first} holds data but no replica set configuration. Nothing was changed: restore the configuration or empty the volume.`,
    )
  }
  for (const host of others) {
    if (rootIsKnown(host)) {
      giveUp(
        `${host} holds data but no replica set configuration. Nothing was changed: restore the configuration or empty the volume.`,
      )
    }
  }
  print(`setup: initiating "${replicaSet}" with ${members.length} member(s)`)
  command(admin, {
    replSetInitiate: { _id: replicaSet, members: members.map((host, _id) => ({ _id, host })) },
  })
}

function primary() {
  return waitFor('a primary', () => {
    for (const host of members) {
      const answer = open(host).runCommand({ hello: 1 })
      if (answer.isWritablePrimary) return host
    }
    return undefined
  })
}

function isHealthy(admin, host) {
  const status = command(admin, { replSetGetStatus: 1 }).members.find((m) => m.name === host)
  return status !== undefined && ['PRIMARY', 'SECONDARY'].includes(status.stateStr)
}

// One voting member at a time: the server refuses larger steps, since they could form two majorities.
function add(host) {
  const admin = openAsRoot(primary())
  const config = command(admin, { replSetGetConfig: 1 }).config
  const id = Math.max(...config.members.map((m) => m._id)) + 1
  print(`setup: adding ${host}`)
  command(admin, {
    replSetReconfig: {
      ...config,
      version: config.version + 1,
      members: [...config.members, { _id: id, host }],
    },
  })
  waitFor(`${host} to catch up`, () => isHealthy(openAsRoot(primary()), host))
}

function extend(answers) {
  const config = command(openAsRoot(primary()), { replSetGetConfig: 1 }).config
  const known = config.members.map((m) => m.host)
  const surplus = known.filter((host) => !members.includes(host))
  if (surplus.length > 0) {
    giveUp(
      `the set has members the chart does not know: ${surplus.join(', ')}. Remove them with rs.remove() before replicaSet.members is lowered.`,
    )
  }
  for (const host of members.filter((candidate) => !known.includes(candidate))) {
    if (!answers.get(host).setName && rootIsKnown(host)) {
      giveUp(`${host} holds data but is no member. Nothing was changed: empty its volume, then it can join.`)
    }
    add(host)
  }
}

function formReplicaSet() {
  // Plain loops: mongosh waits for the server in statements, not inside callbacks of map() and the like.
  const answers = new Map()
  for (const host of members) answers.set(host, hello(host))
  refuseForeignSets(answers)
  const configured = [...answers.values()].some((answer) => answer.setName)
  if (configured) extend(answers)
  else initiate()
}

function ensureUser(admin, user) {
  const database = admin.getSiblingDB(user.database)
  const exists = command(database, { usersInfo: user.name }).users.length > 0
  const verb = exists ? 'updateUser' : 'createUser'
  command(database, {
    [verb]: user.name,
    pwd: read(user.passwordFile),
    roles: [{ role: 'readWrite', db: user.database }],
  })
  print(`setup: ${verb} ${user.name} on ${user.database}`)
}

function main() {
  if (replicaSet) formReplicaSet()
  else hello(members[0])
  const admin = openAsRoot(replicaSet ? primary() : members[0])
  for (const user of users) ensureUser(admin, user)
  print('setup: done')
}

main()
