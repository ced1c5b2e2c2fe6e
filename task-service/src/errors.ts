import createError from '@fastify/error'

/**
 * Every refusal this service makes on purpose. The code is part of the contract, the text is for
 * people. Texts without a full stop are AuthDB's own.
 */
export const Forbidden = createError('forbidden', 'Not enough permissions', 403)
export const TaskNotFound = createError('task_not_found', 'Task not found', 404)
export const CursorInvalid = createError(
  'invalid_cursor',
  'The cursor is not one this service has made.',
  400,
)
export const DueDateInvalid = createError('invalid_input', 'Invalid input: %s is not a date that exists', 422)
/** @param %s how many there may be */
export const TooManyTasks = createError(
  'too_many_tasks',
  'You have %s tasks, those you deleted lately included, and cannot have more.',
  409,
)
export const KeyReused = createError(
  'idempotency_key_reused',
  'This Idempotency-Key was used for another request. Use a new one.',
  422,
)
export const SearchInvalid = createError(
  'invalid_input',
  'Invalid input: querystring/q holds no word to look for',
  422,
)
export const VersionMismatch = createError(
  'version_mismatch',
  'The task was changed meanwhile. Read it again.',
  412,
)
export const TooManyWrites = createError(
  'too_many_writes',
  'Too many changes of this list at once. Please try again.',
  503,
)
/** Nothing was written. */
export const WriteUnavailable = createError(
  'write_unavailable',
  'Nothing was written, the service is recovering. Please try again.',
  503,
)
/** The write may or may not have taken effect, or may still do so. */
export const OutcomeUnknown = createError(
  'outcome_unknown',
  'It is not known whether this was written. Read the list before you repeat it, and repeat an update with If-Match.',
  503,
)
