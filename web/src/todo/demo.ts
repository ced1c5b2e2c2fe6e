import { signUp } from '../api/session.ts'
import { addTask, type TaskChanges } from '../api/tasks.ts'

export interface Demo {
  email: string
  password: string
}

const DAY_MS = 86_400_000
const WORDS = [
  'amber', 'birch', 'cedar', 'delta', 'ember', 'fjord', 'grove', 'haven', 'inlet', 'juniper', 'kelp', 'lagoon',
  'maple', 'nectar', 'orchid', 'pebble', 'quartz', 'river', 'sorrel', 'tundra', 'umber', 'violet', 'willow', 'yarrow',
] // biome-ignore format: a list of words reads best as lines of words

function pick(count: number): string[] {
  const numbers = crypto.getRandomValues(new Uint32Array(count))
  return [...numbers].map((number) => WORDS[number % WORDS.length] ?? 'amber')
}

function samples(now: number): (TaskChanges & { title: string })[] {
  const inDays = (days: number) => new Date(now + days * DAY_MS).toISOString()
  return [
    { title: 'Read the list again and see it come from the cache' },
    { title: 'Write the talk about caches', priority: 2, due_at: inDays(3) },
    { title: 'Water the plants', due_at: inDays(1) },
    { title: 'Book the train to Lisbon', description: 'The slow one along the coast', priority: 1 },
    { title: 'Make an account', completed: true },
  ]
}

/** An account of its own with some tasks; its password is told to whoever asked for it, and to nobody else. @throws ApiError */
export async function makeDemo(): Promise<void> {
  const demo = {
    email: `${pick(2).join('-')}-${crypto.getRandomValues(new Uint16Array(1))[0]}@example.com`,
    password: pick(4).join(' '),
  }
  await signUp(demo.email, demo.password, 'Ada')
  sessionStorage.setItem('authdb.demo', JSON.stringify(demo))
  for (const sample of samples(Date.now()).toReversed()) await addTask(sample)
}
