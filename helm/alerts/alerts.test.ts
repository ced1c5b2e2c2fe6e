import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { parse, stringify } from 'yaml'
import { ROOT } from '../src/charts.ts'
import { REQUIRED, render } from '../test/render.ts'

interface Rules {
  groups: { rules: { alert?: string }[] }[]
}

/** The rules as the chart renders them for the release `authdb` in the namespace `shop`. */
async function rulesOf(chart: string): Promise<Rules> {
  const settings = [...(REQUIRED[chart] ?? []), 'metrics.rules.enabled=true'].join(',')
  const args = ['--namespace', 'shop', '--set', settings, '--show-only', 'templates/prometheusrule.yaml']
  const { output, error } = await render('authdb', chart, ...args)
  if (!output) throw new Error(error)
  return parse(output).spec
}

function promtool(t: Test, folder: string, ...args: string[]): void {
  try {
    execFileSync('promtool', args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' })
    t.pass(args.join(' '))
  } catch (error) {
    t.fail(
      `promtool ${args.join(' ')}: ${(error as { stdout: string }).stdout}${(error as { stderr: string }).stderr}`,
    )
  }
}

const CHARTS = Object.keys(REQUIRED).filter((chart) => existsSync(`${ROOT}${chart}/files/alerts.yaml`))

for (const chart of CHARTS) {
  t.test(`${chart}: Prometheus takes the rules, and each alert was seen to fire`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'authdb-alerts-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    const rules = await rulesOf(chart)
    writeFileSync(join(folder, 'rules.yaml'), stringify(rules))
    const tests = `${ROOT}helm/alerts/${chart.split('/')[1]}.yaml`
    copyFileSync(tests, join(folder, 'test.yaml'))
    promtool(t, folder, 'check', 'rules', '--lint=all', '--lint-fatal', 'rules.yaml')
    promtool(t, folder, 'test', 'rules', 'test.yaml')
    const alerts = rules.groups.flatMap(({ rules }) => rules.flatMap(({ alert }) => alert ?? []))
    const fired = parse(readFileSync(tests, 'utf8')).tests.flatMap(
      ({ alert_rule_test }: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }) =>
        alert_rule_test.filter(({ exp_alerts }) => exp_alerts.length > 0).map(({ alertname }) => alertname),
    )
    t.strictSame(
      alerts.filter((alert) => !fired.includes(alert)),
      [],
      'every alert has a test in which it fires',
    )
  })
}
