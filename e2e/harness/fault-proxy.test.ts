import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts'
import { until } from './until.ts'

/** A server that answers every chunk with `name:` and the chunk. */
async function echo(t: Test, name = 'echo'): Promise<{ host: string; port: number; received: () => string }> {
  let received = ''
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      received += chunk
      socket.write(`${name}:${chunk}`)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port, received: () => received }
}

async function client(t: Test, { port }: FaultProxy): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

async function answer(socket: Socket): Promise<string> {
  const [chunk] = await once(socket, 'data')
  return String(chunk)
}

/** Not `once`, for which a reset is an error. */
function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()))
}

async function started(t: Test) {
  const target = await echo(t)
  const proxy = await startFaultProxy(target)
  t.teardown(() => proxy.close())
  return { target, proxy }
}

t.test('a link that passes carries bytes both ways', async (t) => {
  const { proxy } = await started(t)
  const socket = await client(t, proxy)
  socket.write('one')
  t.equal(await answer(socket), 'echo:one')
})

t.test('what was sent over a stalled link arrives when it passes again', async (t) => {
  const { proxy, target } = await started(t)
  const socket = await client(t, proxy)
  socket.write('one')
  await answer(socket)
  proxy.set('stall')
  socket.write('two')
  const other = await startFaultProxy(target)
  t.teardown(() => other.close())
  const witness = await client(t, other)
  witness.write('three')
  await answer(witness)
  t.equal(target.received(), 'onethree')
  proxy.set('pass')
  t.equal(await answer(socket), 'echo:two')
})

t.test(
  'a lost answer is an executed request; its connection is reset when the link passes again',
  async (t) => {
    const { proxy, target } = await started(t)
    const socket = await client(t, proxy)
    proxy.set('lose-answers')
    socket.write('one')
    await until('the bytes are there', () => proxy.lostBytes > 0)
    t.equal(target.received(), 'one')
    const closed = closing(socket)
    proxy.set('pass')
    await closed
    t.equal(socket.bytesRead, 0)
  },
)

t.test('a lost request never arrives', async (t) => {
  const { proxy, target } = await started(t)
  const socket = await client(t, proxy)
  socket.write('one')
  await answer(socket)
  proxy.set('lose-requests')
  socket.write('two')
  await until('the bytes are there', () => proxy.lostBytes === 3)
  const closed = closing(socket)
  proxy.set('pass')
  await closed
  t.equal(target.received(), 'one')
})

t.test('a refusing link resets what is open and what is new', async (t) => {
  const { proxy } = await started(t)
  const open = await client(t, proxy)
  const closed = closing(open)
  proxy.set('refuse')
  await closed
  const fresh = connect(proxy.port, '127.0.0.1')
  fresh.on('error', () => {})
  await closing(fresh)
  proxy.set('pass')
  const again = await client(t, proxy)
  again.write('one')
  t.equal(await answer(again), 'echo:one')
})

t.test('after a change of target every connection leads to the new one', async (t) => {
  const { proxy } = await started(t)
  const other = await echo(t, 'other')
  const socket = await client(t, proxy)
  const closed = closing(socket)
  proxy.retarget(other)
  await closed
  const fresh = await client(t, proxy)
  fresh.write('one')
  t.equal(await answer(fresh), 'other:one')
})

t.test('a delayed link is late by at least the delay, each way', async (t) => {
  const { proxy } = await started(t)
  const socket = await client(t, proxy)
  proxy.delay(20)
  const sent = performance.now()
  socket.write('one')
  t.equal(await answer(socket), 'echo:one')
  t.ok(performance.now() - sent >= 39)
})

t.test('bytes keep their order when a delay ends', async (t) => {
  const { proxy, target } = await started(t)
  const socket = await client(t, proxy)
  const sent: string[] = []
  for (const milliseconds of [15, 0, 5, 0]) {
    proxy.delay(milliseconds)
    const part = `${sent.length};`
    sent.push(part)
    socket.write(part)
    // The proxy has to have it before the delay changes.
    const witness = await client(t, proxy)
    witness.destroy()
    await closing(witness)
  }
  await until('the bytes are there', () => target.received().length === sent.join('').length)
  t.equal(target.received(), sent.join(''))
})
