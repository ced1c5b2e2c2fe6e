import type { Kind } from '../api/exchange.ts'
import { SHAPES } from './dots.ts'

const WORDS: [Kind, string][] = [
  ['hit', 'read, from the cache'],
  ['miss', 'read, from MongoDB'],
  ['write', 'write'],
  ['account', 'account'],
  ['error', 'no good answer'],
]

const DRAWN = {
  circle: <circle cx="8" cy="8" r="5" />,
  diamond: <path d="M8 1.8 14.2 8 8 14.2 1.8 8Z" />,
  square: <rect x="3.500" y="3.500" width="9" height="9" />,
  triangle: <path d="M8 2 13.800 12.500H2.200Z" />,
  cross: <path d="M3.500 3.500l9 9m0-9l-9 9" class="stroke" />,
}

/** The shape that stands for a kind of request; the colour repeats what the shape says. */
export function KindMark({ kind }: { kind: Kind }) {
  return (
    <svg class={`mark mark-${kind}`} width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
      {DRAWN[SHAPES[kind]]}
    </svg>
  )
}

export function Legend() {
  return (
    <ul class="legend">
      {WORDS.map(([kind, words]) => (
        <li key={kind}>
          <KindMark kind={kind} /> {words}
        </li>
      ))}
    </ul>
  )
}
