import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector'

// Loaded before a service that is to be profiled: SIGWINCH, which means nothing to a service, begins a profile; the next one
// ends it and writes it to PROFILE_TO.
const INTERVAL_US = 250
let session

function begin() {
  session = new Session()
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US })
  session.post('Profiler.start')
}

function end() {
  session.post('Profiler.stop', (error, { profile }) => {
    if (error) throw error
    writeFileSync(`${process.env.PROFILE_TO}/${process.pid}.cpuprofile`, JSON.stringify(profile))
  })
  session.disconnect()
  session = undefined
}

process.on('SIGWINCH', () => (session ? end() : begin()))
