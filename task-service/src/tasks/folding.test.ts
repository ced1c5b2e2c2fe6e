import t from 'tap'
import { beginningsOf, fold, wordsOf } from './folding.ts'

t.test('case, accents and compatibility forms make no difference', async (t) => {
  for (const [one, other] of [
    ['Äpfel', 'apfel'],
    ['STRASSE', 'straße'],
    ['ΟΔΟΣ', 'οδος'],
    ['ﬁne', 'FINE'],
    ['İstanbul', 'istanbul'],
    ['e\u0301te\u0301', 'ÉTÉ'],
    ['１２', '12'],
  ] as const)
    t.equal(fold(one), fold(other), one)
})

t.test('folding twice changes nothing', async (t) => {
  for (const text of ['Äpfel', 'ΟΔΟΣ', 'İ', 'ŉ', 'ß', 'ǰ', 'ﷺ', '𝒳', '👩‍👩‍👧'])
    t.equal(fold(fold(text)), fold(text), text)
})

t.test('a text is found by its words and by their parts around punctuation', async (t) => {
  t.same(wordsOf(['Send e-mail,  NOW!', 'now']), ['send', 'e-mail,', 'e', 'mail', 'now!', 'now'])
  t.same(wordsOf(['', '  ', '***']), ['***'])
  t.same(wordsOf(['C++ 100% $where 日本語']), ['c++', '100%', '100', '$where', '日本語'])
})

t.test('a query is its words, as they are', async (t) => {
  t.same(beginningsOf('  Mail  E-M '), ['mail', 'e-m'])
  t.same(beginningsOf('.* ^a'), ['.*', '^a'])
  t.same(beginningsOf(' \u0301\u200b '), [])
})

t.test('a word without end is found by its beginning', async (t) => {
  const long = 'x'.repeat(200)
  t.same(wordsOf([long]), beginningsOf(long))
})
