import { createServer } from 'node:http'
import argon2 from 'argon2'

/** What a log-in cannot do without: one verification at OWASP's parameters, as auth-service has them. */
const PASSWORD = 'a password of usual length'
const hash = await argon2.hash(PASSWORD, {
  type: argon2.argon2id,
  memoryCost: 19_456,
  timeCost: 2,
  parallelism: 1,
})
const body = Buffer.from('verified')

createServer((_request, response) => {
  argon2.verify(hash, PASSWORD).then(
    () => response.writeHead(200, { 'content-length': body.length }).end(body),
    (error) => response.destroy(error),
  )
}).listen(Number(process.env.PORT), '127.0.0.1')
