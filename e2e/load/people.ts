import { randomBytes } from 'node:crypto'

export interface Person {
  readonly email: string
  readonly password: string
  readonly authorization: string
}

/** Each costs two password hashes: more at once would only wait in auth-service's queue. */
const AT_ONCE = 2

async function post(baseUrl: string, path: string, document: object, expected: number): Promise<Response> {
  const response = await fetch(`${baseUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(document),
  })
  if (response.status === expected) return response
  throw new Error(`POST ${path}: ${response.status} ${await response.text()}`)
}

async function newPerson(baseUrl: string): Promise<Person> {
  const email = `load-${randomBytes(8).toString('hex')}@example.test`
  const password = randomBytes(18).toString('base64url')
  await post(baseUrl, '/auth/register', { email, password }, 201)
  const login = await post(baseUrl, '/auth/login', { email, password }, 200)
  const { access_token } = (await login.json()) as { access_token: string }
  return { email, password, authorization: `Bearer ${access_token}` }
}

/** Registers people and logs them in. @throws Error when the system refuses that */
export async function newPeople(baseUrl: string, count: number): Promise<Person[]> {
  const people: Person[] = []
  async function work(): Promise<void> {
    for (let n = claimed++; n < count; n = claimed++) people.push(await newPerson(baseUrl))
  }
  let claimed = 0
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return people
}

/** Every title of a person, page by page. @throws Error when a page cannot be read */
export async function allTitles(baseUrl: string, { authorization }: Person): Promise<string[]> {
  const titles: string[] = []
  let next: string | undefined = '/tasks?limit=100'
  while (next !== undefined) {
    const response: Response = await fetch(new URL(next, baseUrl), { headers: { authorization } })
    if (response.status !== 200) throw new Error(`GET ${next}: ${response.status} ${await response.text()}`)
    for (const { title } of (await response.json()) as { title: string }[]) titles.push(title)
    next = /<([^>]+)>;\s*rel="next"/.exec(response.headers.get('link') ?? '')?.[1]
  }
  return titles
}
