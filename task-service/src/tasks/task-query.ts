/** What a list is sorted by; `_id` decides between equal ones, tasks without it come last either way. */
export const SORT_KEYS = ['created_at', 'updated_at', 'due_at', 'priority', 'title'] as const
export type SortKey = (typeof SORT_KEYS)[number]

export interface Sort {
  by: SortKey
  descending: boolean
}

export const NEWEST_FIRST: Sort = { by: 'created_at', descending: true }

/** Where a page ended. */
export interface Position {
  /** Of the key that the list is sorted by; null for tasks without it */
  value: Date | number | string | null
  id: string
}

/** Which tasks; all conditions have to hold. */
export interface TaskFilter {
  completed?: boolean
  priority?: number
  label?: string
  dueBefore?: Date
  dueAfter?: Date
  /** Folded beginnings of words */
  beginnings?: string[]
  /** Those in the bin instead of the others */
  deleted?: boolean
}

export interface TaskQuery {
  /** Everyone's when undefined */
  owner?: string | undefined
  filter?: TaskFilter
  sort?: Sort
  limit: number
  after?: Position | undefined
}

/** @param text `key` or `-key`, descending */
export function toSort(text: string): Sort {
  const descending = text.startsWith('-')
  return { by: (descending ? text.slice(1) : text) as SortKey, descending }
}

export function isDefault(filter: TaskFilter, sort: Sort): boolean {
  return Object.keys(filter).length === 0 && sort.by === NEWEST_FIRST.by && sort.descending
}
