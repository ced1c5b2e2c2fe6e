import { cacheWord, kindOf } from '../api/exchange.ts'
import { feed, type Seen } from './feed.ts'
import { milliseconds } from './journey.ts'
import { KindMark } from './legend.tsx'
import { shortName } from './topology.ts'

function Times({ seen: { exchange } }: { seen: Seen }) {
  const { redis, mongodb } = exchange
  const parts = [
    redis !== undefined && `Redis ${milliseconds(redis)}`,
    mongodb !== undefined && `MongoDB ${milliseconds(mongodb)}`,
  ].filter(Boolean)
  return <>{parts.join(' · ')}</>
}

function Row({ seen }: { seen: Seen }) {
  const { exchange } = seen
  return (
    <tr>
      <td>
        <KindMark kind={kindOf(exchange)} />
      </td>
      <th scope="row">
        <span class="method">{exchange.method}</span> {exchange.path.replace(/[\da-f]{24}/, '…')}
      </th>
      <td>{exchange.status || 'none'}</td>
      <td>{exchange.instance ? shortName(exchange.instance) : ''}</td>
      <td>{exchange.cache && <span class={`chip chip-${kindOf(exchange)}`}>{cacheWord(exchange)}</span>}</td>
      <td class="number">{milliseconds(exchange.ms)}</td>
      <td class="times">
        <Times seen={seen} />
      </td>
    </tr>
  )
}

/** The same in words, newest first. Not a live region: a screen reader would never stop reading. */
export function RequestLog({ rows = 8 }: { rows?: number }) {
  const recent = feed.recent.value.slice(0, rows)
  if (recent.length === 0) return <p class="empty">Requests appear here as soon as there are any.</p>
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reached by keyboard (WCAG 2.1.1)
    <section class="scroll" tabIndex={0} aria-label="Requests, as a table">
      <table class="log">
        <caption class="visually-hidden">The last requests, newest first</caption>
        <thead>
          <tr>
            <td />
            <th scope="col">request</th>
            <th scope="col">answer</th>
            <th scope="col">by</th>
            <th scope="col">cache</th>
            <th scope="col" class="number">
              in all
            </th>
            <th scope="col">of which</th>
          </tr>
        </thead>
        <tbody>
          {recent.map((seen) => (
            <Row key={seen.exchange.id} seen={seen} />
          ))}
        </tbody>
      </table>
    </section>
  )
}
