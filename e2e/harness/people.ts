import { randomBytes } from 'node:crypto'
import { type Answer, call } from './http.ts'
import { until } from './until.ts'

export interface Person {
  readonly id: string
  readonly email: string
  readonly password: string
  readonly token: string
  readonly refreshToken: string
  /** The header that the access token is sent in */
  readonly authorization: string
}

/** Each costs two password hashes: more at once would only wait in auth-service's queue. */
const AT_ONCE = 2

export const uniqueEmail = () => `p-${randomBytes(8).toString('hex')}@example.org`
const uniquePassword = () => randomBytes(18).toString('base64url')

/** As AuthDB's clients log in: an OAuth2 password form. @param origin with a prefix, where one is wanted */
export function logIn(origin: string, username: string, password: string): Promise<Answer> {
  return call(`${origin}/auth/login`, {
    method: 'POST',
    body: new URLSearchParams({ username, password }),
  })
}

/** Registers somebody new and logs them in. @throws Error when the system refuses that */
export async function newPerson(
  origin: string,
  email: string = uniqueEmail(),
  password: string = uniquePassword(),
): Promise<Person> {
  const registered = await call(`${origin}/auth/register`, {
    method: 'POST',
    json: { email, password, name: 'Pat' },
  })
  if (registered.status !== 201) throw new Error(`cannot register: ${registered.status} ${registered.text}`)
  const { status, text, body } = await logIn(origin, email, password)
  if (status !== 200) throw new Error(`cannot log in: ${status} ${text}`)
  return {
    id: registered.body._id,
    email,
    password,
    token: body.access_token,
    refreshToken: body.refresh_token,
    authorization: `Bearer ${body.access_token}`,
  }
}

/** A system that has just started, or is busy, may refuse the first attempts. */
async function newPersonInTime(origin: string): Promise<Person> {
  let person: Person | undefined
  await until('somebody is registered and logged in', async () => {
    person = await newPerson(origin).catch((error: Error) => {
      if (!/: 50[234] /.test(error.message)) throw error
      return undefined
    })
    return person !== undefined
  })
  return person as Person
}

/** Registers people and logs them in. @throws Error when the system refuses that */
export async function newPeople(origin: string, count: number): Promise<Person[]> {
  const people: Person[] = []
  async function work(): Promise<void> {
    for (let n = claimed++; n < count; n = claimed++) people.push(await newPersonInTime(origin))
  }
  let claimed = 0
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return people
}

/** Every title of a person, page by page. @throws Error when a page cannot be read */
export async function allTitles(origin: string, { token }: Person): Promise<string[]> {
  const titles: string[] = []
  let next: string | undefined = '/tasks?limit=100'
  while (next !== undefined) {
    const page: Answer = await call(new URL(next, origin), { token })
    if (page.status !== 200) throw new Error(`GET ${next}: ${page.status} ${page.text}`)
    for (const { title } of page.body as { title: string }[]) titles.push(title)
    next = /<([^>]+)>;\s*rel="next"/.exec(page.headers.get('link') ?? '')?.[1]
  }
  return titles
}
