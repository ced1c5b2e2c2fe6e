import { render } from 'preact'
import { takeLink } from './api/account-link.ts'
import { resume } from './api/session.ts'
import { App } from './app.tsx'
import { connect } from './control/connection.ts'
import { feed } from './system/feed.ts'
import { noteAnswer } from './system/topology.ts'

feed.subscribe(({ exchange, at }) => noteAnswer(exchange, at))
takeLink()
addEventListener('hashchange', takeLink)
const place = document.getElementById('app')
if (!place) throw new Error('index.html has no place for the page')
render(<App />, place)
void connect()
void resume()
