import type { Db } from 'mongodb'

/** A database that takes every operation and never answers, as behind a connection that has gone silent. */
export function silentDatabase(): Db {
  const operations = new Proxy({}, { get: () => () => new Promise(() => {}) })
  return { collection: () => operations } as unknown as Db
}
