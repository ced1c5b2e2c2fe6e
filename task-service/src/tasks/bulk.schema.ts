import { type Static, Type } from 'typebox'
import { NewTask, ObjectId, TaskChanges, TaskResponse } from './tasks.schema.ts'

const MAX_OPERATIONS = 100
const closed = { additionalProperties: false }
const target = { _id: ObjectId, version: Type.Integer({ minimum: 1 }) }

const Creation = Type.Object({ op: Type.Literal('create'), ...NewTask.properties }, closed)
const Change = Type.Object({ op: Type.Literal('update'), ...TaskChanges.properties, ...target }, closed)
const Deletion = Type.Object({ op: Type.Literal('delete'), ...target }, closed)

export const Operations = Type.Array(Type.Union([Creation, Change, Deletion]), {
  $id: 'Operations',
  minItems: 1,
  maxItems: MAX_OPERATIONS,
})

/** In the order of the operations. */
export const Results = Type.Array(
  Type.Object({
    status: Type.Integer(),
    task: Type.Optional(TaskResponse),
    problem: Type.Optional(Type.Ref('Problem#')),
  }),
)

export type Operation = Static<typeof Operations>[number]
export type Creation = Static<typeof Creation>
export type Change = Static<typeof Change>
export type Deletion = Static<typeof Deletion>
