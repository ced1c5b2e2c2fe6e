import { createHash } from 'node:crypto'
import { KeyReused } from '../errors.ts'
import type { CreationKey, CreationKeyRepository } from './creation-keys.repository.ts'
import type { NewTask } from './tasks.schema.ts'

/** With the fields of every object in one order. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return entries.map(([name, field]) => [name, canonical(field)])
}

/** The same for bodies that mean the same: the order of fields does not matter, that of labels does. */
export function digestOf(body: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(canonical(body)))
    .digest('base64url')
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
  readonly #keys: CreationKeyRepository

  constructor(keys: CreationKeyRepository) {
    this.#keys = keys
  }

  /** @throws KeyReused · whatever `admit` and `make` throw */
  async make({ owner, key, body, admit, make }: KeyedCreation): Promise<CreationKey> {
    const claimed = await this.claim(owner, key, body, admit)
    // Whoever made it may have died before a cache was told of it: an acknowledgement obeys the cache's protocol.
    if (!claimed.isAnnounced) {
      await make(claimed)
      await this.#keys.setAnnounced(owner, key, claimed.taskId)
    }
    return claimed
  }

  /** What a key stands for, and whether it did so before. @throws KeyReused · whatever `admit` throws */
  async claim(
    owner: string,
    key: string,
    body: unknown,
    admit: () => Promise<void> = async () => {},
  ): Promise<CreationKey & { isRepeat: boolean }> {
    const digest = digestOf(body)
    const found = await this.#keys.find(owner, key)
    if (!found) await admit()
    const claimed = found ?? (await this.#keys.claim(owner, key, digest))
    if (claimed.digest !== digest) throw new KeyReused()
    return { ...claimed, isRepeat: found !== undefined }
  }

  /** Everything that is remembered of an owner. */
  async removeOwner(owner: string): Promise<void> {
    await this.#keys.removeOwner(owner)
  }
}
