import t from 'tap'
import { endpointTable } from '../src/endpoints.ts'

t.test('methods that do the same are one row, parameters and open routes are marked', async (t) => {
  const change = { summary: 'Change a user' }
  const table = endpointTable({
    paths: {
      '/auth/login': { post: { summary: 'Log in', security: [] } },
      '/users/{id}': { get: { summary: 'Read a user' }, put: change, patch: change },
    },
  })
  t.strictSame(table.split('\n').slice(2), [
    '| `POST` `/auth/login` | Log in (no token) |',
    '| `GET` `/users/:id` | Read a user |',
    '| `PUT` `PATCH` `/users/:id` | Change a user |',
  ])
})
