import t from 'tap'
import { done } from './support/done.ts'
import { TestService } from './support/service.ts'

const service = await TestService.start()
t.teardown(() => service.close())
await service.ready()
const { call } = await service.someone()
const other = await service.someone()

const DAY = (day: number) => `2026-03-0${day}T00:00:00.000Z`
const made = [
  { title: 'Äpfel kaufen', priority: 3, labels: ['home', 'Été'], due_at: DAY(3), completed: true },
  { title: 'apfelmus', priority: 1, labels: ['home'], due_at: DAY(1) },
  { title: 'Zoo', priority: 1, due_at: DAY(2), description: 'mit e-mail, (100%) .* und ΟΔΟΣ' },
  { title: 'brot', labels: ['work'] },
  { title: 'Brot', description: 'C++ 日本語 👩‍👩‍👧 $where' },
]
for (const task of made) await call('POST', '/tasks/', task)
await other.call('POST', '/tasks/', {
  title: 'Äpfel der anderen',
  labels: ['home'],
  due_at: DAY(1),
  priority: 1,
})

const titles = async (query: string) =>
  (await call('GET', `/tasks/?${query}`)).json().map(({ title }: { title: string }) => title)

const filters: [string, string[]][] = [
  ['completed=true', ['Äpfel kaufen']],
  ['completed=false&label=home', ['apfelmus']],
  ['priority=1', ['Zoo', 'apfelmus']],
  ['priority=0&label=work', ['brot']],
  ['label=Home', []],
  [`due_before=${DAY(2)}`, ['apfelmus']],
  [`due_after=${DAY(1)}&due_before=${DAY(3)}`, ['Zoo']],
  ['q=apfel', ['apfelmus', 'Äpfel kaufen']],
  ['q=ÄPFEL kau', ['Äpfel kaufen']],
  ['q=pfel', []],
  ['q=ete', ['Äpfel kaufen']],
  ['q=mail&priority=1', ['Zoo']],
  ['q=E-M', ['Zoo']],
  ['q=(100', ['Zoo']],
  ['q=οδοσ', ['Zoo']],
  ['q=.*', ['Zoo']],
  ['q=.', ['Zoo']],
  ['q=^a', []],
  ['q=c%2B%2B', ['Brot']],
  ['q=日本', ['Brot']],
  ['q=$where', ['Brot']],
  ['q=👩', ['Brot']],
  ['q=brot', ['Brot', 'brot']],
]
for (const [query, expected] of filters) {
  t.test(`the list of ${query} holds those tasks, and nobody else's`, async (t) => {
    t.same(
      await titles(
        query.replace(/=([^&]*)/g, (_, value) => `=${encodeURIComponent(decodeURIComponent(value))}`),
      ),
      expected,
    )
  })
}

const sorted: Record<string, string[]> = {
  updated_at: ['Äpfel kaufen', 'apfelmus', 'Zoo', 'brot', 'Brot'],
  '-updated_at': ['Brot', 'brot', 'Zoo', 'apfelmus', 'Äpfel kaufen'],
  created_at: ['Äpfel kaufen', 'apfelmus', 'Zoo', 'brot', 'Brot'],
  '-created_at': ['Brot', 'brot', 'Zoo', 'apfelmus', 'Äpfel kaufen'],
  due_at: ['apfelmus', 'Zoo', 'Äpfel kaufen', 'brot', 'Brot'],
  '-due_at': ['Äpfel kaufen', 'Zoo', 'apfelmus', 'Brot', 'brot'],
  priority: ['brot', 'Brot', 'apfelmus', 'Zoo', 'Äpfel kaufen'],
  '-priority': ['Äpfel kaufen', 'Zoo', 'apfelmus', 'Brot', 'brot'],
  title: ['Äpfel kaufen', 'apfelmus', 'brot', 'Brot', 'Zoo'],
  '-title': ['Zoo', 'Brot', 'brot', 'apfelmus', 'Äpfel kaufen'],
}
for (const [sort, expected] of Object.entries(sorted)) {
  t.test(`sorted by ${sort} is the same in one page and in pages of one and two`, async (t) => {
    t.same(await titles(`sort=${sort}`), expected)
    for (const limit of [1, 2]) {
      const seen: string[] = []
      let next: string | undefined = `/tasks/?sort=${sort}&limit=${limit}`
      while (next) {
        const page = await call('GET', next)
        t.equal(page.statusCode, 200)
        seen.push(...page.json().map(({ title }: { title: string }) => title))
        next = /<([^>]+)>/.exec(String(page.headers.link ?? ''))?.[1]
      }
      t.same(seen, expected)
    }
  })
}

t.test('a change moves a task in the list by changes alone', async (t) => {
  const [first] = (await call('GET', '/tasks/?sort=updated_at&limit=1')).json()
  await done(call, 'PATCH', `/tasks/${first._id}`, { priority: 2 })
  const [last] = (await call('GET', '/tasks/?sort=-updated_at&limit=1')).json()
  t.equal(last._id, first._id)
})

t.test(
  'a walk sees every task that was there throughout exactly once, whatever comes and goes',
  async (t) => {
    for (const sort of Object.keys(sorted)) {
      const { call } = await service.someone()
      const stay: string[] = []
      const go: string[] = []
      for (let n = 0; n < 16; n++) {
        const body = {
          title: `${'cab'[n % 3]}${n}`,
          priority: n % 4,
          ...(n % 2 && { due_at: DAY((n % 5) + 1) }),
        }
        const { _id } = (await call('POST', '/tasks/', body)).json()
        ;(n % 4 === 0 ? go : stay).push(_id)
      }
      const seen: string[] = []
      let next: string | undefined = `/tasks/?sort=${sort}&limit=3`
      while (next) {
        const page = await call('GET', next)
        seen.push(...page.json().map(({ _id }: { _id: string }) => _id))
        next = /<([^>]+)>/.exec(String(page.headers.link ?? ''))?.[1]
        const gone = go.pop()
        if (gone) await call('DELETE', `/tasks/${gone}`)
        if (seen.length < 24)
          await done(call, 'POST', '/tasks/', { title: `b${seen.length}`, due_at: DAY(3), priority: 2 })
      }
      t.equal(new Set(seen).size, seen.length, `${sort}: none twice`)
      t.same(
        stay.filter((id) => !seen.includes(id)),
        [],
        `${sort}: none left out`,
      )
    }
  },
)

t.test('a parameter that is malformed is 422 with its name, one that is unknown is ignored', async (t) => {
  for (const [name, values] of Object.entries({
    sort: ['x', '', '--title', 'title,priority', 'owner_id', '$natural'],
    completed: ['yes', '', '1', 'TRUE'],
    priority: ['4', '-1', '', '1.0', 'x'],
    label: ['', 'x'.repeat(51), '%00'],
    due_before: ['2026', 'yesterday', '', '2026-02-30T00:00:00Z'],
    due_after: ['2026-01-01', '2016-12-31T23:59:60Z'],
    q: ['', '%00', 'x'.repeat(201), '%20', '%CC%81'],
    deleted: ['yes', ''],
  }))
    for (const value of values) {
      const answer = await call('GET', `/tasks/?${name}=${value}`)
      t.equal(answer.statusCode, 422, `${name}=${value}`)
      t.match(answer.json().detail, new RegExp(`querystring/${name} `))
    }
  t.equal((await call('GET', '/tasks/?priority=1&priority=2')).statusCode, 422)
  t.equal((await call('GET', '/tasks/?sorted=x&filter[x]=1')).statusCode, 200)
  const { link } = (await call('GET', '/tasks/?sort=title&limit=1')).headers
  const cursor = new URLSearchParams(String(link).split(/[?>]/)[1]).get('cursor')
  t.equal((await call('GET', `/tasks/?sort=due_at&cursor=${cursor}`)).statusCode, 400)
})

t.test('only the list of everything, newest first, comes from the cache', async (t) => {
  await service.cacheOn()
  for (const query of ['', 'limit=100', 'sort=-created_at', 'deleted=false&x=1'])
    t.notMatch((await call('GET', `/tasks/?${query}`)).headers['cache-status'], /fwd=request/, query)
  for (const query of ['sort=created_at', 'completed=false', 'q=a', 'deleted=true', 'limit=99'])
    t.match((await call('GET', `/tasks/?${query}`)).headers['cache-status'], /fwd=request/, query)
})
