/** What is cached for one person: the bytes of a list, read from the database. */
export type Load = () => Promise<string>

/** One running instance of a service, as far as its cache goes. */
export interface CachedList {
  /** The list, from the cache where it may be. */
  read(): Promise<string>
  /** Changes the database by `commit`, does what the library's documentation says about its cache, then acknowledges. */
  write(commit: () => Promise<void>): Promise<void>
  close(): Promise<void>
}

/** A way to cache lists, as its documentation shows it. */
export interface Rival {
  name: string
  /** Caches in one process know nothing of another one: with them, both instances of the race are the same. */
  shared: boolean
  /** @param load reads the database; may take as long as the race wants */
  open(redisUrl: string, load: Load): Promise<CachedList>
}

/** How long all of them keep a list. */
export const LIFE_SECONDS = 60
export const KEY = 'list'
