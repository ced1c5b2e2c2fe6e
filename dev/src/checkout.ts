import { fileURLToPath } from 'node:url'

/** Root of the checkout. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
/** Everything that is made on this machine and can be made again. */
export const CACHE_DIR = `${ROOT}/.cache`
