const database = db.getSiblingDB(process.env.DATABASE)
for (const name of database.getCollectionNames()) {
  console.log(JSON.stringify({ collection: name }))
  for (const document of database.getCollection(name).find().toArray())
    console.log(EJSON.stringify({ collection: name, document }, { relaxed: false }))
}
