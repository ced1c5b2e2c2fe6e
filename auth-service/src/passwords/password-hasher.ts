import argon2 from 'argon2'
import bcrypt from 'bcrypt'
import type { BoundedQueue } from './bounded-queue.ts'

/** OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, two passes, one lane, or stronger. */
const ARGON2 = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const
/** A stored hash that asks for more is not run: whoever writes one into the database cannot stall the service. */
const MAX_ARGON2 = { m: 262_144, t: 10, p: 8 }
const MAX_BCRYPT_COST = 14
/** PHC string; writers differ in the order of the parameters. */
const ARGON2_HASH = /^\$argon2id\$v=19\$((?:[mtp]=\d{1,7},){2}[mtp]=\d{1,7})\$[\w+/]{11,86}\$[\w+/]{22,171}$/
/** passlib (AuthDB), PHP and OpenBSD write 2b, 2y and 2a for the same function. */
const BCRYPT_HASH = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/

export interface Verification {
  correct: boolean
  /** The hash should be replaced by one of today's function and parameters. */
  outdated: boolean
}

const WRONG: Verification = { correct: false, outdated: false }

/** NFKC, so that one password is the same on every keyboard (NIST SP 800-63B-4 §3.1.1.2). */
export function normalizePassword(password: string): string {
  return password.normalize('NFKC')
}

function isRunnableArgon2(hash: string): boolean {
  const parameters = new URLSearchParams(ARGON2_HASH.exec(hash)?.[1]?.replaceAll(',', '&'))
  const isBounded = ([name, limit]: [string, number]) => Number(parameters.get(name) ?? Number.NaN) <= limit
  return Object.entries(MAX_ARGON2).every(isBounded)
}

async function verifyArgon2(hash: string, password: string): Promise<Verification> {
  const correct = await argon2.verify(hash, normalizePassword(password))
  return { correct, outdated: correct && argon2.needsRehash(hash, ARGON2) }
}

/** AuthDB hashed what was typed, unnormalised. */
async function verifyBcrypt(hash: string, password: string): Promise<Verification> {
  const correct = await bcrypt.compare(password, hash.replace(/^\$2y/, '$2b'))
  return { correct, outdated: correct }
}

/** Hashes and verifies passwords, a bounded number at once. */
export class PasswordHasher {
  readonly #queue: BoundedQueue
  readonly #observe: (seconds: number) => void
  readonly #dummy: Promise<string>

  /** @param observe told how long each job took once it ran, in seconds */
  constructor(queue: BoundedQueue, observe: (seconds: number) => void) {
    this.#queue = queue
    this.#observe = observe
    this.#dummy = argon2.hash('nobody has this password', ARGON2)
  }

  /** @returns a PHC string @throws HashingBusy */
  async hash(password: string): Promise<string> {
    return this.#run(() => argon2.hash(normalizePassword(password), ARGON2))
  }

  /**
   * Checks a password against an argon2id hash or a bcrypt hash of AuthDB. A hash that is neither, or asks for more
   * effort than allowed, matches nothing and costs as much as one that does.
   * @throws HashingBusy
   */
  async verify(hash: string, password: string): Promise<Verification> {
    if (isRunnableArgon2(hash)) return this.#run(() => verifyArgon2(hash, password))
    const cost = Number(BCRYPT_HASH.exec(hash)?.[1])
    if (cost >= 4 && cost <= MAX_BCRYPT_COST) return this.#run(() => verifyBcrypt(hash, password))
    return this.verifyNothing(password)
  }

  /** The effort of a verification for an address without an account. @throws HashingBusy */
  async verifyNothing(password: string): Promise<Verification> {
    const dummy = await this.#dummy
    await this.#run(() => argon2.verify(dummy, normalizePassword(password)))
    return WRONG
  }

  #run<T>(job: () => Promise<T>): Promise<T> {
    return this.#queue.run(async () => {
      const start = performance.now()
      try {
        return await job()
      } finally {
        this.#observe((performance.now() - start) / 1000)
      }
    })
  }
}
