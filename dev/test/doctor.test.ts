import { execFile } from 'node:child_process'
import { chmod, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ROOT } from '../src/checkout.ts'
import { onPath } from '../src/run.ts'

const SHELL_TOOLS = ['sh', 'df', 'awk', 'git', 'make', 'npm', 'node', 'python3']

/** A PATH on which only these tools are. */
async function pathOf(t: Test, tools: readonly string[]): Promise<string> {
  const directory = t.testdir({})
  for (const tool of tools) {
    const found = await onPath(tool, process.env.PATH)
    if (found) await symlink(found, join(directory, tool))
  }
  await chmod(directory, 0o755)
  return directory
}

function doctor(path: string): Promise<{ code: number | undefined; stdout: string }> {
  return new Promise((resolve) => {
    execFile('sh', [join(ROOT, 'dev/src/doctor.sh')], { env: { PATH: path }, cwd: ROOT }, (error, stdout) =>
      resolve({ code: error ? (error.code as unknown as number) : 0, stdout }),
    )
  })
}

t.test('a machine that runs these tests can run make dev', async (t) => {
  const { code, stdout } = await doctor(process.env.PATH ?? '')
  t.equal(code, 0)
  t.match(stdout, /make dev can run\.$/m)
})

t.test('what is missing is named, and the exit code says so', async (t) => {
  const path = await pathOf(
    t,
    SHELL_TOOLS.filter((tool) => tool !== 'python3'),
  )
  const { code, stdout } = await doctor(path)
  t.equal(code, 1)
  t.match(stdout, /MISSING {2}python3/)
  t.match(stdout, /without {2}docker/)
})
