import { readFileSync } from 'node:fs'
import { isMap, type Node, type Pair, parseDocument, type Scalar, type YAMLMap } from 'yaml'

/** JSON Schema keywords, as far as the charts use them. */
export type Schema = Record<string, unknown>

/** One key of a values.yaml, with what its comment says. */
export interface ValuesEntry {
  key: string
  description: string
  /** Keywords of the comment's `@schema {…}` line, on top of what the default implies. */
  keywords: Schema
  /** The default, as plain data. */
  value: unknown
  /** Entries below it, for a map that is not empty and not one item of free-form data. */
  children: ValuesEntry[]
}

function comments(pair: Pair<Scalar<string>, Node>, map: YAMLMap): string[] {
  const isFirst = map.items[0] === pair
  // The comment above a map's first key belongs to the map in YAML's data model.
  const text = pair.key.commentBefore ?? (isFirst ? map.commentBefore : undefined) ?? ''
  return text.split('\n').map((line) => line.trim())
}

function entry(pair: Pair<Scalar<string>, Node>, map: YAMLMap, inFreeForm: boolean): ValuesEntry {
  const lines = comments(pair, map)
  const schemaLine = lines.find((line) => line.startsWith('@schema '))
  const keywords = schemaLine ? (JSON.parse(schemaLine.slice('@schema '.length)) as Schema) : {}
  const freeForm = keywords.additionalProperties === true || inFreeForm
  return {
    key: pair.key.value,
    description: lines.filter((line) => line && !line.startsWith('@schema ')).join(' '),
    keywords,
    value: (pair.value as { toJSON(): unknown }).toJSON(),
    children: isMap(pair.value) ? entries(pair.value as YAMLMap, freeForm) : [],
  }
}

function entries(map: YAMLMap, inFreeForm: boolean): ValuesEntry[] {
  return map.items.map((item) => entry(item as Pair<Scalar<string>, Node>, map, inFreeForm))
}

/**
 * Reads a chart's values.yaml with its comments.
 * @throws Error when the file is no map or not well-formed
 */
export function readValues(file: string): ValuesEntry[] {
  const document = parseDocument(readFileSync(file, 'utf8'))
  if (document.errors.length > 0) throw new Error(`${file}: ${document.errors[0]?.message}`)
  if (!isMap(document.contents)) throw new Error(`${file}: not a map`)
  // A comment that a blank line parts from the first key belongs to the document.
  const first = document.contents.items[0] as Pair<Scalar<string>, Node> | undefined
  if (first && !first.key.commentBefore)
    first.key.commentBefore = document.contents.commentBefore ?? document.commentBefore
  return entries(document.contents as YAMLMap, false)
}
