import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import {
  type AccountLink,
  accountLink,
  askForLink,
  confirmAddress,
  resetPassword,
} from '../api/account-link.ts'
import type { ApiError } from '../api/client.ts'
import { Button, say, Trouble } from '../controls.tsx'
import { CodeField } from '../todo/code-field.tsx'

const TITLES: Record<AccountLink['kind'], string> = {
  forgot: 'Get a new password',
  reset: 'Choose a new password',
  verify: 'Confirm your e-mail address',
}

const WORDS: Record<AccountLink['kind'], { submit: string; done: string }> = {
  forgot: {
    submit: 'Send me a link',
    done: 'If there is an account with this address, a message with a link is on its way.',
  },
  reset: {
    submit: 'Set the password',
    done: 'Your password is set, and all your sessions have ended. Sign in with the new one.',
  },
  verify: { submit: 'Confirm the address', done: 'Your address is confirmed.' },
}

function ResetFields({ asksForCode }: { asksForCode: boolean }) {
  return (
    <>
      <label class="field">
        <span>New password</span>
        <input
          name="password"
          type="password"
          autocomplete="new-password"
          required
          maxLength={128}
          aria-describedby="new-password-hint"
        />
      </label>
      <p class="hint" id="new-password-hint">
        At least 15 characters. A short sentence is easy to remember and hard to guess.
      </p>
      {asksForCode && <CodeField />}
    </>
  )
}

function ForgotFields() {
  return (
    <label class="field">
      <span>E-mail address</span>
      <input name="email" type="email" autocomplete="username" required maxLength={254} />
    </label>
  )
}

function use(link: AccountLink, data: FormData): Promise<void> {
  const text = (name: string) => String(data.get(name) ?? '').trim()
  if (link.kind === 'forgot') return askForLink(text('email'))
  if (link.kind === 'verify') return confirmAddress(link.token)
  // A password is sent as it was typed.
  return resetPassword(link.token, String(data.get('password') ?? ''), text('otp'))
}

const leave = () => {
  accountLink.value = undefined
}

function Done({ children }: { children: ComponentChildren }) {
  return (
    <>
      <p>{children}</p>
      <div class="row">
        <Button kind="primary" onClick={leave}>
          Go on
        </Button>
      </div>
    </>
  )
}

/** Where links in messages lead. Nothing happens before a person says so: programs open links in messages, too. */
export function AccountLinkView({ link }: { link: AccountLink }) {
  const trouble = useSignal('')
  const busy = useSignal(false)
  const isDone = useSignal(false)
  const asksForCode = useSignal(false)
  const { submit, done } = WORDS[link.kind]
  useEffect(() => {
    document.title = `${TITLES[link.kind]} · AuthDB`
  }, [link.kind])

  async function send(event: SubmitEvent) {
    event.preventDefault()
    if (busy.peek()) return
    busy.value = true
    trouble.value = ''
    await use(link, new FormData(event.currentTarget as HTMLFormElement)).then(
      () => {
        isDone.value = true
        say(done)
      },
      ({ code, message }: ApiError) => {
        if (code === 'otp_required') asksForCode.value = true
        trouble.value = message
      },
    )
    busy.value = false
  }

  return (
    <section class="card sign-in" aria-labelledby="link-title">
      <h1 id="link-title">{TITLES[link.kind]}</h1>
      {isDone.value ? (
        <Done>{done}</Done>
      ) : (
        <form onSubmit={send}>
          {link.kind === 'forgot' && <ForgotFields />}
          {link.kind === 'reset' && <ResetFields asksForCode={asksForCode.value} />}
          <Trouble text={trouble.value} />
          <div class="row">
            <Button type="submit" kind="primary" disabled={busy.value}>
              {busy.value ? 'One moment…' : submit}
            </Button>
            <Button kind="quiet" onClick={leave}>
              Not now
            </Button>
          </div>
        </form>
      )}
    </section>
  )
}
