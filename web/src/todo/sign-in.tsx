import { useSignal } from '@preact/signals'
import { accountLink } from '../api/account-link.ts'
import type { ApiError } from '../api/client.ts'
import { endedBecause, signIn, signUp } from '../api/session.ts'
import { Button, say, Trouble } from '../controls.tsx'
import { CodeField } from './code-field.tsx'
import { type Demo, makeDemo } from './demo.ts'

type Mode = 'in' | 'up'

const WORDS: Record<Mode, { title: string; submit: string; switch: string; question: string }> = {
  in: { title: 'Sign in', submit: 'Sign in', switch: 'Make an account', question: 'New here?' },
  up: {
    title: 'Make an account',
    submit: 'Make the account',
    switch: 'Sign in',
    question: 'You have an account?',
  },
}

function text(data: FormData, name: string): string {
  return String(data.get(name) ?? '')
}

function Fields({ mode, asksForCode }: { mode: Mode; asksForCode: boolean }) {
  const isNew = mode === 'up'
  return (
    <>
      {isNew && (
        <label class="field">
          <span>
            Name <em>if you like</em>
          </span>
          <input name="name" autocomplete="name" maxLength={100} />
        </label>
      )}
      <label class="field">
        <span>E-mail address</span>
        <input name="email" type="email" autocomplete="username" required maxLength={254} />
      </label>
      <label class="field">
        <span>Password</span>
        <input
          name="password"
          type="password"
          autocomplete={isNew ? 'new-password' : 'current-password'}
          required
          maxLength={128}
          {...(isNew && { 'aria-describedby': 'password-hint' })}
        />
      </label>
      {!isNew && asksForCode && <CodeField />}
      {isNew && (
        <p class="hint" id="password-hint">
          At least 15 characters. A short sentence is easy to remember and hard to guess.
        </p>
      )}
    </>
  )
}

function DemoNote({ demo }: { demo: Demo }) {
  return (
    <p class="note-box">
      This is <strong>{demo.email}</strong>, password <strong>{demo.password}</strong>. Write it down if you
      want to come back.
    </p>
  )
}

/** The account of the last demonstration, shown beside its tasks. */
export function DemoReminder({ email }: { email: string }) {
  const known = sessionStorage.getItem('authdb.demo')
  const demo: Demo | undefined = known ? JSON.parse(known) : undefined
  return demo?.email === email ? <DemoNote demo={demo} /> : null
}

/** Signing in, making an account, or having one made with some tasks in it. */
export function SignIn() {
  const mode = useSignal<Mode>('in')
  const trouble = useSignal('')
  const busy = useSignal(false)
  const asksForCode = useSignal(false)
  const words = WORDS[mode.value]

  async function attempt(work: () => Promise<void>, done: string) {
    if (busy.peek()) return
    busy.value = true
    trouble.value = ''
    await work().then(
      () => say(done),
      ({ code, message }: ApiError) => {
        if (code === 'otp_required') asksForCode.value = true
        trouble.value = message
      },
    )
    busy.value = false
  }

  function submit(event: SubmitEvent) {
    event.preventDefault()
    const data = new FormData(event.currentTarget as HTMLFormElement)
    const [email, password] = [text(data, 'email').trim(), text(data, 'password')]
    void attempt(
      () =>
        mode.peek() === 'in'
          ? signIn(email, password, text(data, 'otp').trim())
          : signUp(email, password, text(data, 'name').trim()),
      'You are signed in.',
    )
  }

  return (
    <section class="card sign-in" aria-labelledby="sign-in-title">
      <h1 id="sign-in-title">{words.title}</h1>
      <p class="lead">A todo list that says what it does: the system that runs it is drawn beside it.</p>
      <form onSubmit={submit}>
        <Fields mode={mode.value} asksForCode={asksForCode.value} />
        <Trouble text={trouble.value || endedBecause.value} />
        <div class="row">
          <Button type="submit" kind="primary" disabled={busy.value}>
            {busy.value ? 'One moment…' : words.submit}
          </Button>
        </div>
      </form>
      <p class="row hint">
        {words.question}
        <Button
          kind="quiet"
          onClick={() => {
            mode.value = mode.value === 'in' ? 'up' : 'in'
            trouble.value = ''
          }}
        >
          {words.switch}
        </Button>
        {mode.value === 'in' && (
          <Button
            kind="quiet"
            onClick={() => {
              accountLink.value = { kind: 'forgot' }
            }}
          >
            Forgot your password?
          </Button>
        )}
      </p>
      <hr />
      <p class="row hint">
        Only looking around?
        <Button
          disabled={busy.value}
          onClick={() => void attempt(makeDemo, 'A demonstration account is ready, with some tasks.')}
        >
          Try it with sample data
        </Button>
      </p>
    </section>
  )
}
