import t from 'tap'
import { createEventParser } from './event-stream.ts'

t.test('events are whole, however their text is cut', async (t) => {
  const text = ': hello\n\nevent: requests\ndata: [1,2]\n\nevent: load\ndata: [{"ok":3}]\n\n'
  for (let cut = 1; cut < text.length; cut++) {
    const seen: unknown[] = []
    const parse = createEventParser((name, data) => seen.push([name, data]))
    parse(text.slice(0, cut))
    parse(text.slice(cut))
    t.strictSame(seen, [
      ['requests', [1, 2]],
      ['load', [{ ok: 3 }]],
    ])
  }
})
