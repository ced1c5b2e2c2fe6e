import { Type } from 'typebox'

export const Tokens = Type.Object({
  access_token: Type.String({ description: 'JWT (RFC 9068), ES256' }),
  token_type: Type.Literal('bearer'),
  expires_in: Type.Integer({ description: 'Life of the access token (s)' }),
  refresh_token: Type.String({ description: 'Opaque; used once' }),
})

export const Refresh = Type.Object(
  { refresh_token: Type.String({ maxLength: 512 }) },
  { additionalProperties: false },
)

export const SessionParams = Type.Object({ id: Type.String({ description: '24 hex characters' }) })

export const LogoutQuery = Type.Object({
  scope: Type.Optional(
    Type.Enum(['local', 'others', 'global'], {
      description: 'Which sessions end: this one (default), all others, or all',
    }),
  ),
})
