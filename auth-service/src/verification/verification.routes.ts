import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { MailOff } from '../errors.ts'
import { confirmationOf } from '../own-account/index.ts'
import { hook } from '../platform/hooks.ts'
import { problems } from '../platform/openapi.ts'
import { showLimitOn } from '../throttling/index.ts'
import type { AddressService } from './address.service.ts'
import type { PasswordResetService } from './password-reset.service.ts'
import { Asked, EmailChange, Forgot, ON_ITS_WAY, Reset, SENT, Sent, Verify } from './verification.schema.ts'

const tags = ['account']
const noContent = Type.Null()

interface Options {
  /** Without it every one of these routes answers `mail_off` */
  isOn: boolean
  resets: PasswordResetService
  addresses: AddressService
}

const description = 'Answers 404 `mail_off` where the server was given no way to send mail.'

function requireMail(isOn: boolean) {
  return hook(() => {
    if (!isOn) throw new MailOff()
  })
}

/** Without an access token: what a link in a message stands for. */
export const linkRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { isOn, resets, addresses }) => {
  app.addHook('onRequest', requireMail(isOn))
  app.post(
    '/auth/password/forgot',
    {
      schema: {
        tags,
        summary: 'Have a link sent for a new password',
        description: `The answer is the same whether or not there is such an account. ${description}`,
        security: [],
        body: Forgot,
        response: { 202: Asked, ...problems(400, 404, 413, 415, 422, 429, 503) },
      },
    },
    async (request, reply) => {
      const asking = { email: request.body.email, address: request.ip, showLimit: showLimitOn(reply) }
      await resets.ask(asking, (accountId) => request.noteAct('password.reset_requested', accountId))
      return reply.code(202).send({ message: ON_ITS_WAY })
    },
  )

  app.post(
    '/auth/password/reset',
    {
      config: { audit: { action: 'password.reset' } },
      schema: {
        tags,
        summary: 'Choose a new password by a link; all sessions end',
        description: `A link works once, for 30 minutes. Where a second factor is set up, a code is needed, too. ${description}`,
        security: [],
        body: Reset,
        response: { 204: noContent, ...problems(400, 401, 404, 413, 415, 422, 429, 503) },
      },
    },
    async (request, reply) => {
      const { token, new_password: newPassword, otp } = request.body
      request.subject = await resets.reset({ token, newPassword, otp, address: request.ip })
      return reply.code(204).send(null)
    },
  )

  app.post(
    '/auth/email/verify',
    {
      config: { audit: { action: 'email.verified' } },
      schema: {
        tags,
        summary: 'Confirm an e-mail address by a link',
        description: `The link of a change of address changes it. A link works once, for 30 minutes. ${description}`,
        security: [],
        body: Verify,
        response: { 204: noContent, ...problems(400, 404, 413, 415, 422, 429, 503) },
      },
    },
    async (request, reply) => {
      const { accountId, isChanged } = await addresses.confirm(request.body.token)
      request.subject = accountId
      if (isChanged) request.did = 'email.changed'
      return reply.code(204).send(null)
    },
  )
}

/** With a token: links to one's own addresses. */
export const addressRoutes: FastifyPluginAsyncTypebox<Pick<Options, 'isOn' | 'addresses'>> = async (
  app,
  { isOn, addresses },
) => {
  app.addHook('onRequest', requireMail(isOn))
  app.post(
    '/auth/email/resend',
    {
      schema: {
        tags,
        summary: 'Have the link that confirms one’s address sent again',
        description: `Nothing is sent where it is confirmed. ${description}`,
        response: { 202: Sent, ...problems(401, 404, 429, 503) },
      },
    },
    async (request, reply) => {
      const sender = { address: request.ip, showLimit: showLimitOn(reply) }
      await addresses.inviteAgain(request.caller.account, sender)
      return reply.code(202).send({ message: SENT })
    },
  )

  app.post(
    '/auth/email',
    {
      config: { audit: { action: 'email.change_requested' } },
      schema: {
        tags,
        summary: 'Change own e-mail address, once the link sent to the new one is used',
        description: `The old address is told at once. Where a second factor is set up, a code is needed, too. ${description}`,
        body: EmailChange,
        response: { 202: Sent, ...problems(400, 401, 403, 404, 413, 415, 422, 429, 503) },
      },
    },
    async (request, reply) => {
      const { new_email, password, otp } = request.body
      await addresses.askForChange(confirmationOf(request, reply, password), new_email, otp)
      return reply.code(202).send({ message: SENT })
    },
  )
}
