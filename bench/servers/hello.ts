import { createServer } from 'node:http'

/** What others call a bare hello: eleven bytes. */
const body = Buffer.from('hello world')

createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length })
  response.end(body)
}).listen(Number(process.env.PORT), '127.0.0.1')
