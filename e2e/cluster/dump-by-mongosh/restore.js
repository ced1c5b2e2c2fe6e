// As with --drop: what is in the archive replaces what is there. Indexes stay, as mongorestore would make them again.
const database = db.getSiblingDB(process.env.DATABASE)
const kept = new Map()
for (const line of require('node:fs')
  .readFileSync(process.env.LINES_FILE, 'utf8')
  .split('\n')
  .filter(Boolean)) {
  const { collection, document } = EJSON.parse(line, { relaxed: false })
  if (!kept.has(collection)) kept.set(collection, [])
  if (document) kept.get(collection).push(document)
}
for (const [name, documents] of kept) {
  const collection = database.getCollection(name)
  collection.deleteMany({})
  for (let from = 0; from < documents.length; from += 500)
    collection.insertMany(documents.slice(from, from + 500))
}
