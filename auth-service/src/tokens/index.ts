import type { Config } from '../config.ts'
import type { Feature } from '../platform/feature.ts'
import type { Service } from '../platform/service.ts'
import { readKeys, watchKeys } from './key-file-watch.ts'
import { keyRoutes } from './keys.routes.ts'
import { SigningKeys } from './signing-keys.ts'
import { TokenSigner } from './token-signer.ts'

export { type Caller, default as authenticate, requireAdmin } from './authenticate.ts'
export { formatKeys, parseKeys } from './key-file.ts'
export { rotate } from './rotation.ts'
export type { TokenSigner } from './token-signer.ts'

/** Keys, what is signed with them, and their public half. @throws Error when the keys cannot be read */
export async function tokensFeature({
  config,
  log,
}: Service<Config>): Promise<Feature & { keys: SigningKeys; signer: TokenSigner }> {
  const reading = await readKeys(config.SIGNING_KEYS_FILE)
  const keys = new SigningKeys(reading.keys, config.KEY_PROPAGATION_SECONDS)
  const signer = new TokenSigner(keys, {
    issuer: config.TOKEN_ISSUER,
    audience: config.TOKEN_AUDIENCE,
    accessSeconds: config.ACCESS_TOKEN_SECONDS,
  })
  let stopWatching = () => {}
  const watch = {
    start: () => {
      stopWatching = watchKeys(reading, log, (changed) => keys.replace(changed))
    },
    stop: () => stopWatching(),
  }
  return {
    name: 'tokens',
    withoutDatabase: true,
    keys,
    signer,
    openRoutes: async (app) => {
      await app.register(keyRoutes, { keys })
    },
    jobs: [watch],
  }
}
