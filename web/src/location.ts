import { signal } from '@preact/signals'

/** Views and their settings stand in the query, so that they can be linked to; secrets never do. */
export const query = signal(new URLSearchParams(location.search))

addEventListener('popstate', () => (query.value = new URLSearchParams(location.search)))

/** @param replace no new entry in the history: for settings that move, such as a slider */
export function go(parameters: Record<string, string | undefined>, replace = false): void {
  const next = new URLSearchParams(query.peek())
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) next.delete(name)
    else next.set(name, value)
  }
  const text = next.toString()
  history[replace ? 'replaceState' : 'pushState'](null, '', text ? `/?${text}` : '/')
  query.value = next
}

/** A number in the query, within limits. */
export function numberIn(name: string, fallback: number, min: number, max: number): number {
  const value = Number(query.value.get(name) ?? fallback)
  return Number.isFinite(value) ? Math.min(max, Math.max(min, value)) : fallback
}
