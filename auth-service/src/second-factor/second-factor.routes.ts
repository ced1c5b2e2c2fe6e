import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Account } from '../accounts/index.ts'
import { requireId, UserParams } from '../administration/index.ts'
import { Forbidden, UserNotFound } from '../errors.ts'
import { confirmationOf, type PasswordConfirmation } from '../own-account/index.ts'
import { problems } from '../platform/openapi.ts'
import { requireAdmin } from '../tokens/index.ts'
import { Change, Confirm, Enrol, Enrolled, RecoveryCodes } from './second-factor.schema.ts'
import type { SecondFactorService } from './second-factor.service.ts'

const tags = ['second factor']
const refusals = problems(400, 401, 403, 409, 413, 415, 422, 429, 503)

interface Options {
  secondFactor: SecondFactorService
  confirmation: PasswordConfirmation
}

/** With a token, and the password once more: who found a session open cannot lock its owner out. */
export const secondFactorRoutes: FastifyPluginAsyncTypebox<Options> = async (
  app,
  { secondFactor, confirmation },
) => {
  app.post(
    '/auth/mfa/totp',
    {
      schema: {
        tags,
        summary: 'Get a secret for an authenticator app',
        body: Enrol,
        response: { 200: Enrolled, ...refusals },
      },
    },
    async (request, reply) => {
      await confirmation.confirm(confirmationOf(request, reply, request.body.password))
      const { secret, otpauthUri } = await secondFactor.enrol(request.caller.account)
      return { secret, otpauth_uri: otpauthUri }
    },
  )
  app.post(
    '/auth/mfa/totp/verify',
    {
      config: { audit: { action: 'otp.enabled' } },
      schema: {
        tags,
        summary: 'Turn the second factor on by a first code',
        body: Confirm,
        response: { 200: RecoveryCodes, ...refusals },
      },
    },
    async (request) => ({
      recovery_codes: await secondFactor.confirm(request.caller.account, request.body.otp),
    }),
  )
  app.delete(
    '/auth/mfa/totp',
    {
      config: { audit: { action: 'otp.removed' } },
      schema: {
        tags,
        summary: 'Turn the second factor off',
        body: Change,
        response: { 204: Type.Null(), ...refusals },
      },
    },
    async (request, reply) => {
      await confirmation.confirm(confirmationOf(request, reply, request.body.password))
      await secondFactor.remove(request.caller.account, request.body.otp)
      return reply.code(204).send(null)
    },
  )
  app.post(
    '/auth/mfa/recovery-codes',
    {
      config: { audit: { action: 'recovery_codes.renewed' } },
      schema: {
        tags,
        summary: 'Get ten new recovery codes',
        body: Change,
        response: { 200: RecoveryCodes, ...refusals },
      },
    },
    async (request, reply) => {
      await confirmation.confirm(confirmationOf(request, reply, request.body.password))
      return {
        recovery_codes: await secondFactor.renewRecoveryCodes(request.caller.account, request.body.otp),
      }
    },
  )
}

interface RescueOptions {
  secondFactor: SecondFactorService
  accounts: { findById(id: string): Promise<Account | undefined> }
}

/** For administrators alone: the way back for somebody who has lost the app and the recovery codes. */
export const rescueRoutes: FastifyPluginAsyncTypebox<RescueOptions> = async (
  app,
  { secondFactor, accounts },
) => {
  app.addHook('onRequest', requireAdmin)
  app.addHook('onRequest', requireId)
  app.delete(
    '/users/:id/mfa/totp',
    {
      config: { audit: { action: 'otp.removed' } },
      schema: {
        tags,
        summary: 'Turn off the second factor of a user who has lost it; one’s own takes a code',
        params: UserParams,
        response: { 204: Type.Null(), ...problems(401, 403, 404, 429, 503) },
      },
    },
    async ({ params, caller }, reply) => {
      const account = await accounts.findById(params.id)
      if (!account) throw new UserNotFound()
      // Who found an administrator's session open has not found the code.
      if (account.id === caller.account.id) throw new Forbidden()
      await secondFactor.takeFrom(account)
      return reply.code(204).send(null)
    },
  )
}
