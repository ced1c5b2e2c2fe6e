import type { ComponentChildren } from 'preact'

/** The idea of a view, in two or three sentences. */
export function Idea({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div class="idea">
      <h1>{title}</h1>
      <p>{children}</p>
    </div>
  )
}
