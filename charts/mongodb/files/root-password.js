// Run by mongosh against a server without access control that only start.sh's container reaches: root gets the password of the Secret.
const fs = require('node:fs')

const database = new Mongo('mongodb://127.0.0.1:27017/?serverSelectionTimeoutMS=10000').getDB('admin')
const password = fs.readFileSync('/secret/root-password', 'utf8').trim()
// A start that was cut short can have left data and no user.
if (database.getUser('root')) database.changeUserPassword('root', password)
else database.createUser({ user: 'root', pwd: password, roles: ['root'] })
print('start: root has the password of this release')
