import { readdirSync, readFileSync } from 'node:fs'
import { ROOT } from './charts.ts'

const SOURCE = 'charts/common/'
/** Charts that hold a copy of the library chart. */
const USERS = [
  'charts/auth-service',
  'charts/task-service',
  'charts/gateway',
  'charts/mongodb',
  'charts/redis',
] as const

/** One file that is made from another, by its path in the checkout; without content it has no source and must go. */
export interface Copy {
  path: string
  content: string | undefined
}

function filesBelow(folder: string): string[] {
  return readdirSync(ROOT + folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(ROOT.length + folder.length))
}

function existing(folder: string): string[] {
  try {
    return filesBelow(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/**
 * The library chart as each chart carries it. Links would be shorter, but Flux drops them and Windows checks them out as
 * text; and `helm dependency update` of the umbrella chart does not fetch the dependencies of its dependencies.
 */
export function libraryCopies(): Copy[] {
  return USERS.flatMap((chart) => {
    const target = `${chart}/charts/common/`
    const sources = filesBelow(SOURCE)
    const orphans = existing(target).filter((file) => !sources.includes(file))
    return [
      ...sources.map((file) => ({
        path: target + file,
        content: readFileSync(ROOT + SOURCE + file, 'utf8'),
      })),
      ...orphans.map((file) => ({ path: target + file, content: undefined })),
    ]
  })
}
