// Run by `helm test` in mongosh: each login can use its own database and no other, and nobody gets in without a password.
const fs = require('node:fs')

const hosts = process.env.MEMBERS
const replicaSet = process.env.REPLICA_SET
const users = JSON.parse(process.env.USERS)
let failures = 0

function check(sentence, holds) {
  print(`${holds ? 'ok' : 'NOT OK'} - ${sentence}`)
  if (!holds) failures += 1
}

function open(login, authSource) {
  const set = replicaSet ? `&replicaSet=${replicaSet}` : ''
  return new Mongo(
    `mongodb://${login}${hosts}/?authSource=${authSource}&serverSelectionTimeoutMS=10000${set}`,
  )
}

function isRefused(action) {
  try {
    action()
    return false
  } catch (error) {
    print(`# ${error.message}`)
    return [13, 18].includes(error.code)
  }
}

for (const user of users) {
  const password = fs.readFileSync(`/users/${user.name}/password`, 'utf8').trim()
  const mongo = open(`${user.name}:${encodeURIComponent(password)}@`, user.database)
  const own = mongo.getDB(user.database).getCollection('helm_test')
  const id = own.insertOne({ made_by: 'helm test' }).insertedId
  check(`${user.name} reads what it wrote to ${user.database}`, own.findOne({ _id: id }) !== null)
  own.drop()
  // While a password is exchanged, two logins share a database.
  const others = users.map(({ database }) => database).filter((database) => database !== user.database)
  for (const other of new Set(['admin', ...others])) {
    check(
      `${user.name} cannot write to ${other}`,
      isRefused(() => mongo.getDB(other).getCollection('helm_test').insertOne({})),
    )
  }
  check(
    `${user.name} cannot log in with a wrong password`,
    isRefused(() =>
      open(`${user.name}:wrong@`, user.database).getDB(user.database).runCommand({ connectionStatus: 1 }),
    ),
  )
}
check(
  'nobody reads without a login',
  isRefused(() => open('', 'admin').getDB('admin').runCommand({ listDatabases: 1 })),
)
quit(failures === 0 ? 0 : 1)
