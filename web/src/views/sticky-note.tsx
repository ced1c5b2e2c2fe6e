import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { command } from '../control/connection.ts'
import { WithControl } from '../control/switches.tsx'
import { Button, say, Trouble } from '../controls.tsx'
import { go, query } from '../location.ts'
import { Idea } from './idea.tsx'
import { PullRedis } from './pull-redis.tsx'
import { type Step, Steps } from './steps.tsx'

type Guess = 'new' | 'old'
const GUESSES: [Guess, string][] = [
  ['new', '“Buy milk and bread”, what B wrote'],
  ['old', '“Buy milk”, what was there before'],
]

interface Results {
  usual: Step[]
  ours: Step[]
}

function Question({ guess, onGuess }: { guess: Guess | undefined; onGuess: (guess: Guess) => void }) {
  return (
    <fieldset class="guess">
      <legend>
        The list says “Buy milk”. A misses the cache and reads MongoDB. Before A goes on, B changes it to “Buy
        milk and bread”, and is told that it is done. Then A goes on. What does C see?
      </legend>
      {GUESSES.map(([value, label]) => (
        <label key={value}>
          <input type="radio" name="guess" checked={guess === value} onChange={() => onGuess(value)} />{' '}
          {label}
        </label>
      ))}
    </fieldset>
  )
}

function verdict(guess: Guess | undefined, { usual, ours }: Results): string {
  const stale = (steps: Step[]) => steps.some((step) => step.stale)
  const word = (steps: Step[]) => (stale(steps) ? 'the old list' : 'the new list')
  const guessed =
    guess && ((guess === 'old') === stale(usual) ? 'You guessed right. ' : 'Not what you guessed. ')
  return `${guessed ?? ''}With the usual protocol C sees ${word(usual)}; with this one, ${word(ours)}.`
}

/** Both protocols, the same order of events, on the Redis and the MongoDB that run now. */
function Experiment() {
  const guess = GUESSES.find(([value]) => value === query.value.get('guess'))?.[0]
  const results = useSignal<Results | undefined>(undefined)
  const shown = useSignal(0)
  const trouble = useSignal('')

  async function run() {
    trouble.value = ''
    try {
      const usual = await command<Step[]>('experiment', { name: 'usual' })
      const ours = await command<Step[]>('experiment', { name: 'ours' })
      results.value = { usual, ours }
      shown.value = 1
    } catch (error) {
      trouble.value = (error as Error).message
    }
  }

  const most = results.value ? Math.max(results.value.usual.length, results.value.ours.length) : 0
  const isOver = results.value !== undefined && shown.value >= most
  const show = (count: number) => {
    shown.value = count
    if (results.value && count >= most) say(verdict(guess, results.value))
  }
  return (
    <section class="card" aria-labelledby="experiment-title">
      <h2 id="experiment-title">Guess first, then run it</h2>
      <Question guess={guess} onGuess={(value) => go({ guess: value }, true)} />
      <WithControl>
        <div class="row gap-above">
          <Button kind="primary" onClick={() => void run()}>
            {results.value ? 'Run it again' : 'Run it'}
          </Button>
          {results.value && !isOver && (
            <>
              <Button onClick={() => show(shown.value + 1)}>Next step</Button>
              <Button kind="quiet" onClick={() => show(most)}>
                All steps
              </Button>
            </>
          )}
        </div>
        <Trouble text={trouble.value} />
        {results.value && (
          <div class="columns even gap-above">
            <Steps
              title="Usual: write, then delete the note"
              steps={results.value.usual.slice(0, shown.value)}
            />
            <Steps title="Here: mark, write, unmark" steps={results.value.ours.slice(0, shown.value)} />
          </div>
        )}
        {isOver && results.value && <p class="verdict">{verdict(guess, results.value)}</p>}
      </WithControl>
    </section>
  )
}

export function StickyNote() {
  useEffect(() => {
    document.title = 'Sticky note · AuthDB'
  }, [])
  return (
    <>
      <Idea title="The sticky note">
        Redis is a note stuck to the filing cabinet: quick to read, and wrong as soon as somebody files
        something new and forgets the note. Here it is never wrong after a write was acknowledged.
      </Idea>
      <div class="stack">
        <Experiment />
        <PullRedis />
      </div>
    </>
  )
}
