import type { Instance } from './instance.ts'
import type { System } from './system.ts'

const EMAIL = 'ada@example.com'
const PASSWORD = 'a quiet walk along the river'
const NAME_WIDTH = 9

function line(instance: Instance): string {
  const internal = instance.internalUrl ? `   internal ${instance.internalUrl}` : ''
  return `  ${instance.name.padEnd(NAME_WIDTH)} ${instance.url}${internal}`
}

/** Three lines for a shell: register, log in, create and list tasks. A second time, only the first one is refused. */
export function curlLines(baseUrl: string): [register: string, login: string, tasks: string] {
  const json = `-H 'Content-Type: application/json'`
  const bearer = `-H "Authorization: Bearer $TOKEN"`
  const end = `-w '\\n'`
  return [
    `curl -sS ${end} ${baseUrl}/auth/register ${json} -d '{"email":"${EMAIL}","password":"${PASSWORD}"}'`,
    `TOKEN=$(curl -sS ${baseUrl}/auth/login -d username=${EMAIL} --data-urlencode 'password=${PASSWORD}' | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')`,
    `curl -sS ${end} ${baseUrl}/tasks/ ${bearer} ${json} -d '{"title":"Buy milk"}' && curl -sS ${end} ${baseUrl}/tasks/ ${bearer}`,
  ]
}

/** @param fragment tells the page its control port; a fragment is never sent to a server, so no log has it */
export function pageUrl(system: System, fragment = ''): string {
  return `${system.baseUrl}/${fragment && `#${fragment}`}`
}

/** What `make dev` says when all is ready; the page comes first. @param atTerminal Enter opens it */
export function welcome(system: System, startMs: number, page: string, atTerminal: boolean): string {
  const instances = [system.gateway, system.auth, ...system.tasks]
  return [
    '',
    `AuthDB is ready after ${(startMs / 1000).toFixed(1)} s. Open the page${atTerminal ? ' (or press Enter)' : ''}:`,
    '',
    `  ${page}`,
    '',
    ...instances.map(line),
    `  Gateway: ${system.describeGateway}`,
    `  Administrator, unless there was another one before: ${system.administrator.email}, password ${system.administrator.password}`,
    '',
    'Try it (paste into another shell):',
    ...curlLines(system.baseUrl),
    '',
    'Ctrl-C ends everything. The log of all processes:',
    '',
  ].join('\n')
}
