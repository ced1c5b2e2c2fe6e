import t from 'tap'
import { everyRoute } from '../src/platform/every-route.fixture.ts'
import { loggedIn } from './support/client.ts'
import { startService } from './support/service.ts'

const { app } = await startService(t, { MAX_IN_FLIGHT: '1' })
const { tokens } = await loggedIn(app)
everyRoute(t, app, new URL('../openapi.json', import.meta.url), tokens.access_token)
