/** One command that was run, as the control port tells it. */
export interface Step {
  who: 'A' | 'B' | 'C'
  does: string
  command: string
  answer: string
  redis: string | null
  mongodb: string
  stale?: boolean
  shown?: boolean
}

function StepItem({ step }: { step: Step }) {
  const { who, does, command, answer, redis, stale, shown } = step
  return (
    <li class={stale ? 'step step-stale' : shown ? 'step step-shown' : 'step'}>
      <span class={`who who-${who.toLowerCase()}`}>{who}</span>
      <div>
        <p>
          {does}
          {shown ? `: “${answer}” ${stale ? '✕ stale' : '✓ as it is'}` : ''}
        </p>
        {!shown && (
          <p class="code">
            {command} → {answer}
          </p>
        )}
        <p class="code note-value">
          Redis: <strong>{redis ?? '(nothing)'}</strong>
        </p>
      </div>
    </li>
  )
}

/** Commands in the order in which they ran, each with the value in Redis as it was after it. */
export function Steps({ title, steps }: { title: string; steps: readonly Step[] }) {
  return (
    <section>
      <h3>{title}</h3>
      <ol class="step-list">
        {steps.map((step, index) => (
          <StepItem key={index} step={step} />
        ))}
      </ol>
    </section>
  )
}
