import { Redis } from 'ioredis'
import { type Db, MongoClient } from 'mongodb'
import type { Test } from 'tap'
import { mongodbUri, redisUrl } from './stores.ts'

/** As stored */
interface Epoch {
  epoch: number
  cache: string
  settled: boolean
}

type EpochDocument = Epoch & { _id: string }

/** Both stores as a bystander sees them, by clients of its own. */
export async function openStores(t: Test, database: string) {
  const client = new MongoClient(mongodbUri)
  const redis = new Redis(redisUrl)
  t.teardown(async () => {
    await client.close()
    await redis.quit()
  })
  const db: Db = client.db(database)
  const epochs = db.collection<EpochDocument>('cache_epochs')
  async function epoch(): Promise<Epoch> {
    const found = await epochs.findOne({ _id: 'task-lists' })
    if (!found) throw new Error('there is no epoch')
    return found
  }
  /** As documented: owner, run id of the Redis process, epoch */
  async function listKey(owner: string): Promise<string> {
    const { cache, epoch: number } = await epoch()
    return `tasks:{${owner}}:${cache}:${number}`
  }
  return { db, epochs, redis, epoch, listKey }
}
