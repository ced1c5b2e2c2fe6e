import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'

/** The answer of a URL: its status, 0 when nobody answers, its headers and its text. */
export async function get(url: string, init: RequestInit = {}) {
  try {
    const response = await fetch(url, init)
    return { status: response.status, headers: response.headers, text: await response.text() }
  } catch {
    return { status: 0, headers: new Headers(), text: '' }
  }
}

/**
 * A request for a new task whose body is held back until `end` is called, on a connection of its own: it is in flight
 * for as long as a test likes, at most the 15 s that the service gives it.
 * @returns also the whole answer, as it came over the wire
 */
export function heldPost(t: Test, url: string, token: string) {
  const { hostname, port, pathname } = new URL(url)
  const body = JSON.stringify({ title: 'in flight' })
  const socket = connect({ host: hostname, port: Number(port) })
  t.teardown(() => socket.destroy())
  socket.write(
    `POST ${pathname} HTTP/1.1\r\nhost: a\r\nconnection: close\r\nauthorization: Bearer ${token}\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`,
  )
  return { answer: text(socket).catch(String), end: () => socket.write(body) }
}
