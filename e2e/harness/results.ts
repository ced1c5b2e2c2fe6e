import { fileURLToPath } from 'node:url'

/** Where results are put, with a slash at its end */
export const RESULTS = fileURLToPath(new URL('../results/', import.meta.url))
