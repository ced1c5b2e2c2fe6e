import { randomBytes } from 'node:crypto'
import { MongoClient } from 'mongodb'

function required(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`These tests need ${name}; \`make test\` starts the stores and sets it`)
  return value
}

export const mongodbUri = required('MONGODB_URI')
export const redisUrl = required('REDIS_URL')

/** A name that no other test file uses. */
export function newDatabaseName(): string {
  return `tasks_test_${randomBytes(6).toString('hex')}`
}

export async function dropDatabase(name: string): Promise<void> {
  const client = new MongoClient(mongodbUri)
  await client.db(name).dropDatabase()
  await client.close()
}
