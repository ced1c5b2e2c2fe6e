/**
 * Changes of one task take turns inside an instance, so that only instances compete for a version. A turn ends by itself:
 * whoever has it obeys a deadline.
 */
export class TaskTurns {
  readonly #last = new Map<string, Promise<void>>()

  /** Runs `work` after all that came before for the same task, whatever became of them. */
  async take<T>(id: string, work: () => Promise<T>): Promise<T> {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>()
    const before = this.#last.get(id)
    this.#last.set(id, ended)
    await before
    try {
      return await work()
    } finally {
      if (this.#last.get(id) === ended) this.#last.delete(id)
      end()
    }
  }

  /** Tasks that are being changed */
  get size(): number {
    return this.#last.size
  }
}
