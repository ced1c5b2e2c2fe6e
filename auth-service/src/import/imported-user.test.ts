import t from 'tap'
import { readUser } from './imported-user.ts'

const HASH = `$2b$12$${'a'.repeat(53)}`

t.test('an account of AuthDB is read, whatever its hash is called', async (t) => {
  for (const field of ['password_hash', 'hashed_password', 'password'])
    t.strictSame(readUser({ email: ' Ada@Example.org ', [field]: HASH, name: 'Ada', role: 'USER' }), {
      email: 'ada@example.org',
      passwordHash: HASH,
      name: 'Ada',
      role: 'USER',
      permissions: [],
      createdAt: undefined,
      claimsAdmin: false,
    })
})

t.test('nobody arrives as an administrator; who claimed to be one is said', async (t) => {
  for (const role of ['ADMIN', 'admin'])
    t.match(readUser({ email: 'a@example.org', password_hash: HASH, role }), {
      role: 'USER',
      claimsAdmin: true,
    })
})

t.test('times come as dates or texts, and are left out when they are none', async (t) => {
  const at = new Date('2024-05-01T10:00:00Z')
  const read = (created_at: unknown) => readUser({ email: 'a@example.org', password_hash: HASH, created_at })
  t.match(read(at), { createdAt: at })
  t.match(read('2024-05-01T10:00:00Z'), { createdAt: at })
  for (const none of ['x', 5, null]) t.match(read(none), { createdAt: undefined })
})

t.test('what cannot be an account is told why', async (t) => {
  const reason = (user: object) => {
    const read = readUser(user)
    return 'reason' in read ? read.reason : ''
  }
  for (const email of [undefined, 5, 'x', '<a@b.de>'])
    t.match(reason({ email, password_hash: HASH }), /address cannot be one/)
  for (const hash of [undefined, 'plain text', '$2b$12$short'])
    t.match(reason({ email: 'a@example.org', password: hash }), /no bcrypt hash/)
})

t.test('fields of another type, and too much of them, do not stop it', async (t) => {
  const odd = { name: 5, permissions: ['a', 5, 'x'.repeat(101), ...Array(200).fill('b')], role: 7 }
  const read = readUser({ email: 'a@example.org', password_hash: HASH, ...odd })
  t.match(read, { name: null, claimsAdmin: false, permissions: { length: 100 } })
  t.match(readUser({ email: 'a@example.org', password_hash: HASH, name: 'n'.repeat(300) }), {
    name: 'n'.repeat(200),
  })
})
