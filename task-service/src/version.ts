import packageJson from '../package.json' with { type: 'json' }

/** The service's own version: image tag and chart appVersion follow it. */
export const { version } = packageJson
