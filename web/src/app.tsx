import type { ComponentType } from 'preact'
import { accountLink } from './api/account-link.ts'
import { Announcer } from './controls.tsx'
import { go, query } from './location.ts'
import { AccountLinkView } from './views/account-link.tsx'
import { Scale } from './views/scale.tsx'
import { Split } from './views/split.tsx'
import { StickyNote } from './views/sticky-note.tsx'
import { Todo } from './views/todo.tsx'
import { TrafficCop } from './views/traffic-cop.tsx'

interface View {
  name: string
  title: string
  show: ComponentType
}

const VIEWS: readonly [View, ...View[]] = [
  { name: 'todo', title: 'Todo', show: Todo },
  { name: 'split', title: 'Split', show: Split },
  { name: 'sticky-note', title: 'Sticky note', show: StickyNote },
  { name: 'traffic-cop', title: 'Traffic cop', show: TrafficCop },
  { name: 'scale', title: 'Scale', show: Scale },
]

function current(): View {
  const wanted = query.value.get('view')
  return VIEWS.find(({ name }) => name === wanted) ?? VIEWS[0]
}

function Navigation({ view }: { view: View }) {
  return (
    <nav aria-label="Views">
      <ul>
        {VIEWS.map(({ name, title }) => (
          <li key={name}>
            <a
              href={`/?view=${name}`}
              aria-current={name === view.name ? 'page' : undefined}
              onClick={(event) => {
                if (event.metaKey || event.ctrlKey || event.shiftKey) return
                event.preventDefault()
                go({ view: name })
              }}
            >
              {title}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}

export function App() {
  const view = current()
  return (
    <>
      <a class="skip" href="#main">
        To the content
      </a>
      <header class="top">
        <p class="brand">
          <img src="/assets/icon.svg" alt="" width="28" height="28" /> AuthDB
        </p>
        <Navigation view={view} />
      </header>
      <main id="main" tabIndex={-1}>
        {accountLink.value ? (
          <AccountLinkView key={accountLink.value.kind} link={accountLink.value} />
        ) : (
          <view.show key={view.name} />
        )}
      </main>
      <Announcer />
    </>
  )
}
