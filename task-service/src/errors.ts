import createError from '@fastify/error'

/** Every refusal this service makes on purpose. The code is part of the contract; the text is for people. */
export const TokenMissing = createError('token_missing', 'Not authenticated', 401)
