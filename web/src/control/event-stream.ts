/** Splits text that arrives in pieces into Server-Sent Events (HTML Living Standard §9.2.6): `event` and JSON `data`. */
export function createEventParser(onEvent: (name: string, data: unknown) => void): (text: string) => void {
  let rest = ''
  return (text) => {
    const blocks = (rest + text).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const lines = block.split('\n')
      const name = lines.find((line) => line.startsWith('event: '))?.slice('event: '.length)
      const data = lines.find((line) => line.startsWith('data: '))?.slice('data: '.length)
      if (name && data) onEvent(name, JSON.parse(data))
    }
  }
}

/** EventSource cannot send an `Authorization` header, so the stream is read by hand. Resolves at its end. */
export async function readEvents(
  body: ReadableStream<Uint8Array>,
  onEvent: (name: string, data: unknown) => void,
): Promise<void> {
  const parse = createEventParser(onEvent)
  const decoder = new TextDecoder()
  const reader = body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    parse(decoder.decode(value, { stream: true }))
  }
}
