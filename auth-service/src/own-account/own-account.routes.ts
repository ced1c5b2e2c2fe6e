import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { Password } from '../accounts/index.ts'
import { problems } from '../platform/openapi.ts'
import type { AccountDeletionService } from './account-deletion.service.ts'
import { confirmationOf } from './confirmation.ts'
import type { PasswordChangeService } from './password-change.service.ts'

const tags = ['account']

const PasswordChange = Type.Object(
  { current_password: Password, new_password: Password },
  { additionalProperties: false },
)
const Deletion = Type.Object({ password: Password }, { additionalProperties: false })
const Accepted = Type.Object({ message: Type.Literal('The account is deleted, its tasks will be') })

interface Options {
  passwords: PasswordChangeService
  deletion: AccountDeletionService
}

/** With a token, and the password once more. */
export const ownAccountRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { passwords, deletion }) => {
  app.post(
    '/auth/password',
    {
      config: { audit: { action: 'password.changed' } },
      schema: {
        tags,
        summary: 'Change own password; the other sessions end',
        body: PasswordChange,
        response: { 204: Type.Null(), ...problems(400, 401, 403, 404, 409, 413, 415, 422, 429, 503) },
      },
    },
    async (request, reply) => {
      const { current_password, new_password } = request.body
      const confirmation = confirmationOf(request, reply, current_password)
      await passwords.change(confirmation, request.caller.sessionId, new_password)
      return reply.code(204).send(null)
    },
  )

  app.delete(
    '/auth/me',
    {
      config: { audit: { action: 'account.deleted' } },
      schema: {
        tags,
        summary: 'Delete own account, its sessions at once and its tasks soon after',
        body: Deletion,
        response: { 202: Accepted, ...problems(400, 401, 403, 404, 409, 413, 415, 422, 429, 503) },
      },
    },
    async (request, reply) => {
      await deletion.remove(confirmationOf(request, reply, request.body.password))
      return reply.code(202).send({ message: 'The account is deleted, its tasks will be' })
    },
  )
}
