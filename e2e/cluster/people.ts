import { randomBytes } from 'node:crypto'

export interface Person {
  email: string
  password: string
  authorization: string
}

async function succeed(response: Response, status: number): Promise<Response> {
  if (response.status !== status)
    throw new Error(`${response.url}: ${response.status} ${await response.text()}`)
  return response
}

export async function logIn(baseUrl: string, email: string, password: string): Promise<string> {
  const body = new URLSearchParams({ username: email, password })
  const response = await succeed(await fetch(`${baseUrl}/auth/login`, { method: 'POST', body }), 200)
  const { access_token } = (await response.json()) as { access_token: string }
  return `Bearer ${access_token}`
}

async function newPerson(baseUrl: string): Promise<Person> {
  const email = `load-${randomBytes(8).toString('hex')}@example.test`
  const password = randomBytes(18).toString('base64url')
  const headers = { 'content-type': 'application/json' }
  const registration = await fetch(`${baseUrl}/auth/register`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ email, password }),
  })
  await succeed(registration, 201)
  return { email, password, authorization: await logIn(baseUrl, email, password) }
}

/** Registers people and logs them in, two at a time: each costs two password hashes. */
export async function newPeople(baseUrl: string, count: number): Promise<Person[]> {
  const people: Person[] = []
  while (people.length < count) {
    const pair = Array.from({ length: Math.min(2, count - people.length) }, () => newPerson(baseUrl))
    people.push(...(await Promise.all(pair)))
  }
  return people
}
