import { createHash } from 'node:crypto'
import { KeyReused } from '../errors.ts'
import type { CreationKey, CreationKeysRepository } from './creation-keys.repository.ts'
import type { NewTask } from './tasks.schema.ts'

/** The same for bodies that mean the same: the order of fields does not matter, that of labels does. */
export function digestOf(body: NewTask): string {
  const fields = Object.entries(body).sort(([one], [other]) => (one < other ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(fields)).digest('base64url')
}

export interface KeyedCreation {
  owner: string
  key: string
  body: NewTask
  /** Refuses a creation that is not begun yet. */
  admit: () => Promise<void>
  /** Makes the task, if there is none of this id, and announces it. */
  make: (key: CreationKey) => Promise<void>
}

/**
 * Creations that can be repeated without end: the first answer can be computed from the body and its key at any time, so
 * that who repeats gets it from any instance, after a crash at any step, and after the task was changed or deleted.
 */
export class KeyedCreations {
  readonly #keys: CreationKeysRepository

  constructor(keys: CreationKeysRepository) {
    this.#keys = keys
  }

  /** @throws KeyReused · whatever `admit` and `make` throw */
  async make({ owner, key, body, admit, make }: KeyedCreation): Promise<CreationKey> {
    const digest = digestOf(body)
    const found = await this.#keys.find(owner, key)
    if (!found) await admit()
    const claimed = found ?? (await this.#keys.claim(owner, key, digest))
    if (claimed.digest !== digest) throw new KeyReused()
    // Whoever made it may have died before a cache was told of it: an acknowledgement obeys the cache's protocol.
    if (!claimed.isAnnounced) {
      await make(claimed)
      await this.#keys.setAnnounced(owner, key, claimed.taskId)
    }
    return claimed
  }

  /** Everything that is remembered of an owner. */
  async removeOwner(owner: string): Promise<void> {
    await this.#keys.removeOwner(owner)
  }
}
