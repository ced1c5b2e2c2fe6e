import { type Static, type TSchema, Type } from 'typebox'
import { SORT_KEYS } from './task-query.ts'

/** Neither NUL nor half a character: what MongoDB could not give back as it was sent. Ajv compiles patterns with `u`. */
const TEXT = '^[^\\u0000\\uD800-\\uDFFF]*$'
/** RFC 3339, always UTC on the way out */
const TIMESTAMP = Type.String({ format: 'date-time' })
export const ObjectId = Type.String({ pattern: '^[0-9a-f]{24}$' })

const title = Type.String({ minLength: 1, maxLength: 200, pattern: TEXT })
const description = Type.Union([Type.String({ maxLength: 4000, pattern: TEXT }), Type.Null()])
const dueAt = Type.Union([TIMESTAMP, Type.Null()])
const priority = Type.Integer({ minimum: 0, maximum: 3 })
const labels = Type.Array(Type.String({ minLength: 1, maxLength: 50, pattern: TEXT }), {
  maxItems: 20,
  uniqueItems: true,
})

export const NewTask = Type.Object(
  {
    title,
    description: Type.Optional(description),
    completed: Type.Optional(Type.Boolean()),
    due_at: Type.Optional(dueAt),
    priority: Type.Optional(priority),
    labels: Type.Optional(labels),
  },
  { $id: 'NewTask', additionalProperties: false },
)

/** Fields the service itself sends are taken and ignored, so that a client can PUT back what it read. */
const echoed = Object.fromEntries(
  ['_id', 'owner_id', 'version', 'created_at', 'updated_at', 'completed_at', 'deleted_at'].map((field) => [
    field,
    Type.Optional(Type.Unknown()),
  ]),
)

/** RFC 7396: null gives a field its default back. */
const orDefault = <const T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])

export const TaskChanges = Type.Object(
  {
    title: Type.Optional(title),
    description: Type.Optional(description),
    completed: Type.Optional(orDefault(Type.Boolean())),
    due_at: Type.Optional(dueAt),
    priority: Type.Optional(orDefault(priority)),
    labels: Type.Optional(orDefault(labels)),
    ...echoed,
  },
  { $id: 'TaskChanges', additionalProperties: false },
)

export const TaskResponse = Type.Object(
  {
    _id: ObjectId,
    title: Type.String(),
    description: Type.Union([Type.String(), Type.Null()]),
    completed: Type.Boolean(),
    completed_at: Type.Union([TIMESTAMP, Type.Null()]),
    due_at: Type.Union([TIMESTAMP, Type.Null()]),
    priority: Type.Integer(),
    labels: Type.Array(Type.String()),
    owner_id: ObjectId,
    version: Type.Integer(),
    created_at: TIMESTAMP,
    updated_at: TIMESTAMP,
    deleted_at: Type.Optional(TIMESTAMP),
  },
  { $id: 'Task' },
)

export const CreationHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      pattern: '^[!-~]{1,255}$',
      description: 'Repeated with it within 24 hours, a creation is made once and answered as the first time',
    }),
  ),
})

export const TaskId = Type.Object({ id: Type.String() })

const limit = Type.String({
  pattern: '^[1-9]\\d*$',
  description: 'Tasks a page, 1 to 100; more is cut to 100',
})
const cursor = Type.String({ description: 'From the `next` link of the page before' })

const flag = (description: string) => Type.Optional(Type.Enum(['true', 'false'], { description }))

export const ListQuery = Type.Object({
  limit: Type.Optional(limit),
  cursor: Type.Optional(cursor),
  sort: Type.Optional(
    Type.Enum(
      SORT_KEYS.flatMap((key) => [key, `-${key}`]),
      { description: 'With a minus, descending; the default is -created_at' },
    ),
  ),
  completed: flag('Only done ones, or only the others'),
  priority: Type.Optional(Type.String({ pattern: '^[0-3]$' })),
  label: Type.Optional(Type.String({ minLength: 1, maxLength: 50, pattern: TEXT })),
  due_before: Type.Optional(TIMESTAMP),
  due_after: Type.Optional(TIMESTAMP),
  q: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      pattern: TEXT,
      description: 'Beginnings of words in title, description and labels, whatever their case and accents',
    }),
  ),
  deleted: flag('Those that were deleted lately and can be restored'),
})

export const AdminListQuery = Type.Object({
  limit: Type.Optional(limit),
  cursor: Type.Optional(cursor),
  owner: Type.Optional(Type.String({ pattern: '^[0-9a-fA-F]{24}$', description: 'Only this user' })),
})

export const Message = Type.Object({ message: Type.String() })

export type ListQuery = Static<typeof ListQuery>
export type NewTask = Static<typeof NewTask>
export type TaskChanges = Pick<Static<typeof TaskChanges>, keyof NewTask>
export type TaskResponse = Static<typeof TaskResponse>
