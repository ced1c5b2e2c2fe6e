import { fileURLToPath } from 'node:url'

/** The repository's root, with a slash at its end. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Every chart that is installed, by its folder. */
export const CHARTS = [
  'charts/auth-service',
  'charts/task-service',
  'charts/gateway',
  'charts/mongodb',
  'charts/redis',
  'helm/authdb',
] as const
