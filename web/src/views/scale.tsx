import { useEffect } from 'preact/hooks'
import { LoadCounts, LoadPanel } from '../control/load-panel.tsx'
import { ControlTrouble, order, WithControl } from '../control/switches.tsx'
import { Button } from '../controls.tsx'
import { OwnReads } from '../system/own-reads.tsx'
import { Picture } from '../system/picture.tsx'
import { instances } from '../system/topology.ts'
import { Idea } from './idea.tsx'
import { RecordedRun } from './recorded-run.tsx'
import { InstanceBars } from './traffic-cop.tsx'

function Here() {
  const count = instances.value.length
  return (
    <section class="card" aria-labelledby="here-title">
      <h2 id="here-title">Here and now: {count === 1 ? '1 instance' : `${count} instances`}</h2>
      <WithControl>
        <div class="row gap-above">
          <Button onClick={() => void order('scale', { by: 1 }, 'One more instance answers.')}>
            Add an instance
          </Button>
          <Button onClick={() => void order('scale', { by: -1 }, 'One instance has gone.')}>
            Take one away
          </Button>
        </div>
        <ControlTrouble />
        <LoadPanel kinds={['reads', 'writes']} start={{ reads: 80, writes: 5, logins: 0 }} />
        <LoadCounts />
      </WithControl>
      <OwnReads />
      <InstanceBars />
    </section>
  )
}

export function Scale() {
  useEffect(() => {
    document.title = 'Scale · AuthDB'
  }, [])
  return (
    <>
      <Idea title="Scale">
        Instances share nothing but MongoDB and Redis, so there can be as many as the load needs. On a cluster
        they come and go by themselves: a pod appears here with its first answer, and fades when it answers no
        more.
      </Idea>
      <div class="columns">
        <div class="stack">
          <Here />
          <RecordedRun />
        </div>
        <Picture pace="live" />
      </div>
    </>
  )
}
