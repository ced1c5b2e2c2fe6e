import { administrationOf } from '../administration/index.ts'
import { beside, runCommand } from './beside.ts'

/** Makes the account an administrator; its sessions end, so that its next log-in has the new role. */
function promote(email: string): Promise<string> {
  return beside('promote', async ({ db, mail, record }) => {
    const account = await administrationOf({ db, tell: mail.tell }).promote(email)
    await record('user.promoted', account.id)
    return `${account.email} is an administrator now; they have to log in again`
  })
}

const [email] = process.argv.slice(2)
if (!email) {
  console.error(
    'usage: node src/commands/promote.ts EMAIL    makes the account of this address an administrator',
  )
  process.exit(2)
}
await runCommand(email, () => promote(email))
