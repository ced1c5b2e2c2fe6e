import { useEffect } from 'preact/hooks'
import { user } from '../api/session.ts'
import { Picture } from '../system/picture.tsx'
import { RequestLog } from '../system/request-log.tsx'
import { SignIn } from '../todo/sign-in.tsx'
import { Tasks } from '../todo/tasks.tsx'

/** The todo app; the system beside it shows what each click costs. */
export function Todo() {
  useEffect(() => {
    document.title = 'Todo · AuthDB'
  }, [])
  return (
    <div class="columns">
      <div class="stack">
        {user.value === null && <p class="card empty">One moment…</p>}
        {user.value === undefined && <SignIn />}
        {user.value && <Tasks user={user.value} />}
      </div>
      <div class="stack">
        <Picture />
        <section class="card" aria-labelledby="log-title">
          <h2 id="log-title">The last requests</h2>
          <RequestLog />
        </section>
      </div>
    </div>
  )
}
