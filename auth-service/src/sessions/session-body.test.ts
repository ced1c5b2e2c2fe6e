import t from 'tap'
import { deviceName } from './session-body.ts'

const AGENTS: [string, string | null][] = [
  ['Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0', 'Firefox on Linux'],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
    'Safari on iOS',
  ],
  ['curl/8.5.0', 'curl'],
  ['', null],
  [' ', null],
  ['<script>alert(1)</script>', null],
]

for (const [agent, name] of AGENTS) {
  t.test(`${JSON.stringify(agent.slice(0, 40))} is ${name}`, async (t) => {
    t.equal(deviceName(agent), name)
  })
}
