/** What a search for programs may look at and use. */
export interface Machine {
  /** PATH, and variables that name servers */
  env: NodeJS.ProcessEnv
  /** The checkout's `.cache`: where programs are installed */
  cacheDir: string
  /** Told before anything that takes seconds */
  say: (line: string) => void
}
