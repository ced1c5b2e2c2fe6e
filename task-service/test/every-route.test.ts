import t from 'tap'
import { everyRoute } from '../src/platform/every-route.fixture.ts'
import { TestService } from './support/service.ts'

const service = await TestService.start({ MAX_IN_FLIGHT: '1' })
t.teardown(() => service.close())
await service.ready()
const token = await service.issuer.token()
everyRoute(t, service.app, new URL('../openapi.json', import.meta.url), token)
