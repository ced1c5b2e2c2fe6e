import { signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'

/** What the page says to a screen reader about what the person has just done; nothing else. */
const said = signal('')

export function say(sentence: string): void {
  // The same sentence twice is read twice only when it changes in between.
  said.value = said.peek() === sentence ? `${sentence} ` : sentence
}

export function Announcer() {
  return (
    <p class="visually-hidden" role="status" aria-live="polite">
      {said.value}
    </p>
  )
}

interface ButtonProps {
  children: ComponentChildren
  onClick?: () => void
  kind?: 'primary' | 'quiet' | 'danger'
  small?: boolean
  type?: 'button' | 'submit'
  disabled?: boolean
  pressed?: boolean
  label?: string
}

export function Button(props: ButtonProps) {
  const { children, onClick, kind, small, type = 'button', disabled, pressed, label } = props
  const classes = ['button', kind && `button-${kind}`, small && 'button-small'].filter(Boolean).join(' ')
  return (
    <button
      type={type}
      class={classes}
      disabled={disabled}
      aria-pressed={pressed}
      aria-label={label}
      onClick={onClick}
    >
      {children}
    </button>
  )
}

/** One sentence about what went wrong, read out at once; nothing when there is none. */
export function Trouble({ text }: { text: string }) {
  return (
    <div role="alert" class="trouble-place">
      {text && <p class="trouble">{text}</p>}
    </div>
  )
}
