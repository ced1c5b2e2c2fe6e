import { fileURLToPath } from 'node:url'

/** The folder of results, with a slash at its end */
export const RESULTS = fileURLToPath(new URL('../results/', import.meta.url))
