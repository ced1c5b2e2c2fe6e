/** What libuv makes where nobody says otherwise. */
const DEFAULT_THREADS = 4

/**
 * Password hashes that may run at once: one for each processor, and never more than Node's pool has threads, where the
 * others would wait before everything else that needs the pool. In a container without a CPU limit the processors are the
 * whole node's, and its pool alone says what the container may use.
 *
 * @param threads UV_THREADPOOL_SIZE, if it is set
 */
export function hashesAtOnce(processors: number, threads: number | undefined): number {
  return Math.min(processors, threads ?? DEFAULT_THREADS)
}
