/** Longer words are found by their beginnings. */
const MAX_WORD = 64
const SPACE = /[\s\p{Z}\p{C}]+/u
const PUNCTUATION = /\p{P}+/u

/** Without case, accents and compatibility forms: what people take for the same text when they search or sort. */
export function fold(text: string): string {
  const caseless = text.toUpperCase().toLowerCase().replaceAll('ς', 'σ')
  return caseless.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
}

function tokens(text: string): string[] {
  return fold(text).split(SPACE).filter(Boolean)
}

const shortened = (word: string) => [...word].slice(0, MAX_WORD).join('')

/** What texts can be found by: their words, and the parts of words around punctuation (`e-mail`, `e`, `mail`). */
export function wordsOf(texts: readonly string[]): string[] {
  const words = texts.flatMap(tokens).flatMap((token) => [token, ...token.split(PUNCTUATION)])
  return [...new Set(words.filter(Boolean).map(shortened))]
}

/** Beginnings of words that all have to be there; none when `query` holds nothing to look for. */
export function beginningsOf(query: string): string[] {
  return [...new Set(tokens(query).map(shortened))]
}
