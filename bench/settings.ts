/** What a run is to do; every setting is an environment variable of `make bench`. */
export interface Settings {
  /** PARTS: names of what is measured */
  parts: RegExp
  /** CASES: names of requests */
  cases: RegExp
  /** ROUNDS of all cases in turn */
  rounds: number
  /** SECONDS of a case in a round, and of a step of load */
  seconds: number
  /** PEOPLE with 20 tasks each */
  people: number
  /** TASKS of others in the collection, at most, in powers of ten */
  tasks: number
  /** TRIES to log in at addresses that have an account, and at as many that have none */
  tries: number
  /** STREAMS that are open and idle, of one instance */
  streams: number
  /** SOAK, in minutes */
  soakMinutes: number
  /** PEER: origin of another AuthDB, measured beside this one */
  peer: string | undefined
  /** PROFILE: a folder for profiles of every process of our own in those cases */
  profile: string | undefined
  /** RECORD=1: the tables go into RESULTS.md, the plots beside it */
  record: boolean
}

export function settingsOf(env: NodeJS.ProcessEnv): Settings {
  // The Makefile exports TASKS also where nobody has set it: an empty word is nothing said.
  const number = (name: string, otherwise: number) => Number(env[name] || otherwise)
  return {
    parts: new RegExp(env.PARTS ?? '', 'i'),
    cases: new RegExp(env.CASES ?? '', 'i'),
    rounds: number('ROUNDS', 5),
    seconds: number('SECONDS', 2),
    people: number('PEOPLE', 200),
    tasks: number('TASKS', 10_000),
    tries: number('TRIES', 200),
    streams: number('STREAMS', 10_000),
    soakMinutes: number('SOAK', 0.5),
    peer: env.PEER,
    profile: env.PROFILE,
    record: env.RECORD === '1',
  }
}
