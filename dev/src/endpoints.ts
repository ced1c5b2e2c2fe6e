interface Operation {
  summary?: string
  /** An empty list: no access token is asked for */
  security?: unknown[]
}

/** What is read of a service's openapi.json. */
export interface OpenapiDocument {
  paths: Record<string, Record<string, Operation>>
}

interface Row {
  methods: string[]
  path: string
  summary: string
  open: boolean
}

/** Methods of one path that do the same are one row. */
function rowsOf({ paths }: OpenapiDocument): Row[] {
  const rows: Row[] = []
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, { summary = '', security }] of Object.entries(operations)) {
      const same = rows.find((row) => row.path === path && row.summary === summary)
      if (same) same.methods.push(method.toUpperCase())
      else rows.push({ methods: [method.toUpperCase()], path, summary, open: security?.length === 0 })
    }
  }
  return rows
}

/** The routes of a service as a table for people, paths as they are written in the text: `/users/:id`. */
export function endpointTable(document: OpenapiDocument): string {
  const rows = rowsOf(document).map(({ methods, path, summary, open }) => {
    const route = path.replaceAll(/\{(\w+)\}/g, ':$1')
    return `| ${methods.map((method) => `\`${method}\``).join(' ')} \`${route}\` | ${summary}${open ? ' (no token)' : ''} |`
  })
  return ['| route | does |', '| --- | --- |', ...rows].join('\n')
}
