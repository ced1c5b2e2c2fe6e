import t from 'tap'
import { decodePage, encodePage, listPage } from './list-page.ts'

const tasks = [{ title: 'Milk\nand “bread” 🥖' }, { title: '' }]

t.test('a page comes out of the cache byte for byte as it went in', async (t) => {
  for (const next of [undefined, 'MTIzLjAxMjM']) {
    const page = listPage(tasks, next)
    const read = decodePage(encodePage(page))
    t.strictSame(read, page)
    t.strictSame(JSON.parse(read.body.toString()), tasks)
  }
})

t.test('an empty list is a page like others', async (t) => {
  const page = listPage([], undefined)
  t.equal(page.body.toString(), '[]')
  t.strictSame(decodePage(encodePage(page)), page)
})

t.test('the tag is the same for the same page and another for any other', async (t) => {
  const { etag } = listPage(tasks, undefined)
  t.match(etag, /^[\w-]{22}$/)
  t.equal(listPage(structuredClone(tasks), undefined).etag, etag)
  t.not(listPage(tasks.slice(1), undefined).etag, etag)
  t.not(listPage(tasks, 'a').etag, etag, 'the next link is part of what a client gets')
})
