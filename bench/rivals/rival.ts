/** Reads the list of one person from the database. */
export type Load = () => Promise<object[]>

/** One running instance of a service, as far as its cache goes. */
export interface CachedList {
  /** The list as the bytes of an answer, from the cache where it may be. */
  read(): Promise<string | Buffer>
  /** Changes the database by `commit`, does what the library's documentation says about its cache, then acknowledges. */
  write(commit: () => Promise<void>): Promise<void>
  close(): Promise<void>
}

export interface StoreUrls {
  readonly redisUrl: string
  readonly mongodbUri: string
}

/** A way to cache lists, as its documentation shows it. */
export interface Rival {
  name: string
  /** Caches in one process know nothing of another one: with them, both instances of the race are the same. */
  shared: boolean
  /** @param load may take as long as the race wants */
  open(stores: StoreUrls, load: Load): Promise<CachedList>
}

/** What the others keep: the list as JSON. */
export async function serialised(load: Load): Promise<string> {
  return JSON.stringify(await load())
}

/** How long all of them keep a list. */
export const LIFE_SECONDS = 60
export const KEY = 'list'
