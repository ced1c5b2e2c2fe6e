import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { ROOT } from '../checkout.ts'
import { run } from '../run.ts'

/** Sample data for a running system: a person with tasks and an administrator. Passwords are made anew each time. */
const BASE_URL = process.env.BASE_URL ?? `http://127.0.0.1:${process.env.PORT || 8080}`
const MONGODB_URI =
  process.env.MONGODB_URI ?? `mongodb://127.0.0.1:${process.env.MONGODB_PORT || 27117}/?directConnection=true`
const PROMOTE_TIMEOUT_MS = 30_000
const DAY_MS = 86_400_000

interface Person {
  email: string
  password: string
}

async function send(path: string, body: object, token?: string): Promise<Record<string, string>> {
  const response = await fetch(`${BASE_URL}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  })
  const answer = (await response.json()) as Record<string, string>
  if (!response.ok) throw new Error(`${path}: ${answer.detail}`)
  return answer
}

async function makePerson(name: string): Promise<Person> {
  const email = `${name.toLowerCase()}-${randomBytes(2).toString('hex')}@example.com`
  const password = randomBytes(15).toString('base64url')
  await send('/auth/register', { email, password, name })
  return { email, password }
}

async function makeTasks({ email, password }: Person): Promise<number> {
  const { access_token: token } = await send('/auth/login', { email, password })
  const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString()
  const tasks = [
    { title: 'Make an account', completed: true },
    { title: 'Book the train to Lisbon', description: 'The slow one along the coast', priority: 1 },
    { title: 'Water the plants', due_at: inDays(1) },
    { title: 'Write the talk about caches', priority: 2, due_at: inDays(3) },
    { title: 'Read the list twice and look at Cache-Status' },
  ]
  for (const task of tasks) await send('/tasks/', task, token)
  return tasks.length
}

async function promote({ email }: Person): Promise<void> {
  const script = join(ROOT, 'auth-service', 'src', 'commands', 'promote.ts')
  const { ok, stderr } = await run(process.execPath, [script, email], PROMOTE_TIMEOUT_MS, {
    ...process.env,
    MONGODB_URI,
  })
  if (!ok) throw new Error(`${email} cannot be made an administrator: ${stderr.trim()}`)
}

try {
  const person = await makePerson('Ada')
  const count = await makeTasks(person)
  const admin = await makePerson('Grace')
  await promote(admin)
  console.log(`${person.email}  password ${person.password}  a person with ${count} tasks`)
  console.log(`${admin.email}  password ${admin.password}  an administrator`)
} catch (error) {
  const { message, cause } = error as Error
  console.error(cause ? `Nothing answers at ${BASE_URL}: is make dev running?` : message)
  process.exitCode = 1
}
