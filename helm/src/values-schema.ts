import type { Schema, ValuesEntry } from './values-tree.ts'

/** What a default says about its type: `""` is a string, `0` a whole number, `{}` any map. */
function typeOf(value: unknown): Schema {
  if (typeof value === 'boolean') return { type: 'boolean' }
  if (typeof value === 'number') return { type: Number.isInteger(value) ? 'integer' : 'number' }
  if (typeof value === 'string') return { type: 'string' }
  if (Array.isArray(value)) {
    const isWords = value.length > 0 && value.every((item) => typeof item === 'string')
    return { type: 'array', ...(isWords ? { items: { type: 'string' } } : {}) }
  }
  return { type: 'object' }
}

function entrySchema(entry: ValuesEntry): Schema {
  const described = entry.description ? { description: entry.description } : {}
  const isMap = entry.value !== null && typeof entry.value === 'object' && !Array.isArray(entry.value)
  const isFreeForm = entry.keywords.additionalProperties === true
  if (isMap && entry.children.length > 0 && !isFreeForm) {
    const { open, ...keywords } = entry.keywords
    return { ...described, ...(open ? openMap : mapSchema)(entry.children), ...keywords }
  }
  return { ...described, ...typeOf(entry.value), ...entry.keywords }
}

/** Null takes a default away. Where the default is empty nothing is lost; any other is needed, and its absence a sentence. */
function isNeeded({ value }: ValuesEntry): boolean {
  return value !== '' && !(value !== null && typeof value === 'object' && Object.keys(value).length === 0)
}

/** `@schema {"open": true}`: the keys are known, others may stand beside them, and none is needed. */
function openMap(entries: ValuesEntry[]): Schema {
  const { required, additionalProperties, ...schema } = mapSchema(entries)
  return schema
}

function mapSchema(entries: ValuesEntry[]): Schema {
  const required = entries.filter(isNeeded).map(({ key }) => key)
  return {
    type: 'object',
    additionalProperties: false,
    ...(required.length > 0 ? { required } : {}),
    properties: Object.fromEntries(entries.map((entry) => [entry.key, entrySchema(entry)])),
  }
}

/**
 * The schema of a chart's values: exactly the keys of its values.yaml, so that a typo is refused.
 * `global` is allowed because Helm hands it down to every chart, `enabled` because an umbrella's condition stands there,
 * and `common` because Helm makes such a key for the library chart; nothing can be set there.
 */
export function valuesSchema(chart: string, entries: ValuesEntry[]): Schema {
  const schema = mapSchema(entries)
  const properties = schema.properties as Record<string, Schema>
  const shared = { type: ['object', 'null'] }
  const library = { type: 'object', additionalProperties: false, properties: { global: shared } }
  const required = (schema.required as string[]).filter((key) => key !== 'global')
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: `Values of the ${chart} chart`,
    ...schema,
    required,
    properties: { global: shared, enabled: { type: 'boolean' }, common: library, ...properties },
  }
}
