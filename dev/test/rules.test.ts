import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ROOT } from '../src/checkout.ts'

const DOCUMENT = join(ROOT, 'docs', 'rules.md')
const RULE = /^\| (?<rule>.+?) \| (?<tests>\[.+) \|$/gm
const TEST = /\[(?<name>[^\]]+)\]\((?<file>[^)]+)\)/g

const rules = [...readFileSync(DOCUMENT, 'utf8').matchAll(RULE)].map(({ groups }) => ({
  rule: groups?.rule ?? '',
  tests: [...(groups?.tests ?? '').matchAll(TEST)].map((found) => ({
    name: found.groups?.name ?? '',
    file: found.groups?.file ?? '',
  })),
}))

t.test('every rule of docs/rules.md names tests that are there', async (t) => {
  t.ok(rules.length > 40, `${rules.length} rules`)
  for (const { rule, tests } of rules) {
    for (const { name, file } of tests) {
      const source = readFileSync(join(ROOT, 'docs', file), 'utf8')
      t.ok(source.includes(name), `${rule}: “${name}” in ${file}`)
    }
  }
})
