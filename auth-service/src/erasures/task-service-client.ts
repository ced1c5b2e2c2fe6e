/** Longer than task-service works on one such request (10 s). */
const TIMEOUT_MS = 12_000

/** task-service's internal port. */
export class TaskServiceClient {
  readonly #baseUrl: string
  readonly #token: () => string

  /** @param token makes a service token good for at least one call */
  constructor(baseUrl: string, token: () => string) {
    this.#baseUrl = baseUrl.replace(/\/+$/, '')
    this.#token = token
  }

  /** Deletes every task of an owner; repeatable. @throws Error when that is not acknowledged within 12 s */
  async deleteTasksOf(ownerId: string): Promise<void> {
    const response = await fetch(`${this.#baseUrl}/internal/owners/${ownerId}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${this.#token()}` },
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    await response.body?.cancel()
    if (!response.ok) throw new Error(`task-service answered ${response.status}`)
  }
}
