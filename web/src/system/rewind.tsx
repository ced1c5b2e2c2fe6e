import { useSignal } from '@preact/signals'
import { Button } from '../controls.tsx'

/** The ring holds so many at 500 requests a second. */
export const REWIND_SECONDS = 10

interface RewindProps {
  /** How many requests were answered since the picture stands still */
  missed: number
  onRewind: (seconds: number) => void
}

/** While the picture is paused: how much was missed, and a button that replays the last seconds. */
export function Rewind({ missed, onRewind }: RewindProps) {
  const seconds = useSignal(REWIND_SECONDS / 2)
  return (
    <div class="row gap-above">
      <label class="slider">
        <span>Seconds back</span>
        <input
          type="range"
          min={1}
          max={REWIND_SECONDS}
          value={seconds.value}
          onInput={({ currentTarget }) => (seconds.value = Number(currentTarget.value))}
        />
        <output>{seconds.value}</output>
      </label>
      <Button small onClick={() => onRewind(seconds.value)}>
        Play from there
      </Button>
      <span class="hint">Paused: {missed} requests have gone by.</span>
    </div>
  )
}
