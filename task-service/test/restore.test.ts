import { MongoClient, ObjectId } from 'mongodb'
import t from 'tap'
import { done } from './support/done.ts'
import { TestService } from './support/service.ts'
import { mongodbUri } from './support/stores.ts'

const service = await TestService.start({ MAX_TASKS_PER_OWNER: '5' })
t.teardown(() => service.close())
await service.ready()
const mongo = new MongoClient(mongodbUri)
t.teardown(() => mongo.close())
const documents = mongo.db(service.database).collection('tasks')
const admin = service.as(await service.issuer.token({ role: 'ADMIN' }))

t.test('a deleted task is gone everywhere but in the bin, and comes back as it was', async (t) => {
  await service.cacheOn()
  const { call } = await service.someone()
  const task = (await done(call, 'POST', '/tasks/', { title: 'a', labels: ['x'] })).json()
  const url = `/tasks/${task._id}`
  t.equal((await call('DELETE', url)).statusCode, 200)
  for (const [method, path, body] of [
    ['GET', url, undefined],
    ['PUT', url, { title: 'b' }],
    ['DELETE', url, undefined],
  ] as const)
    t.match(await call(method, path, body), { statusCode: 404 }, method)
  for (const query of ['', '?sort=title', '?q=a', '?label=x'])
    t.same((await call('GET', `/tasks/${query}`)).json(), [])
  t.same((await admin('GET', `/tasks/all?owner=${task.owner_id}`)).json(), [])
  const [deleted] = (await call('GET', '/tasks/?deleted=true')).json()
  t.match(deleted, { _id: task._id, version: 2, deleted_at: String })
  const restored = await call('POST', `${url}/restore`)
  t.equal(restored.statusCode, 200)
  t.equal(restored.headers.etag, '"3"')
  const { updated_at, version, ...rest } = restored.json()
  t.same({ ...rest, updated_at: task.updated_at, version: 1 }, task)
  t.same((await call('GET', '/tasks/')).json(), [restored.json()], 'also from the cache')
  t.equal((await call('POST', `${url}/restore`)).statusCode, 404, 'it is not in the bin any more')
})

t.test('what an administrator deleted its owner brings back, and nobody else', async (t) => {
  const [owner, stranger] = [await service.someone(), await service.someone()]
  const { _id } = (await owner.call('POST', '/tasks/', { title: 'a' })).json()
  t.equal((await admin('DELETE', `/tasks/${_id}`)).statusCode, 200)
  t.equal((await stranger.call('POST', `/tasks/${_id}/restore`)).statusCode, 404)
  t.same((await stranger.call('GET', '/tasks/?deleted=true')).json(), [])
  t.equal(
    (await owner.call('POST', `/tasks/${_id}/restore`, undefined, { 'if-match': '"1"' })).statusCode,
    412,
  )
  t.equal(
    (await owner.call('POST', `/tasks/${_id}/restore`, undefined, { 'if-match': '"2"' })).statusCode,
    200,
  )
})

t.test('what has been in the bin for its time is gone, also before the database removes it', async (t) => {
  const { call } = await service.someone()
  const { _id } = (await done(call, 'POST', '/tasks/', { title: 'a' })).json()
  await done(call, 'DELETE', `/tasks/${_id}`)
  const stored = await documents.findOne({ _id: new ObjectId(_id) })
  const days = (stored?.purge_at - stored?.deleted_at) / 86_400_000
  t.equal(days, 30)
  await documents.updateOne({ _id: new ObjectId(_id) }, { $set: { purge_at: new Date(Date.now() - 1) } })
  t.same((await call('GET', '/tasks/?deleted=true')).json(), [])
  t.equal((await call('POST', `/tasks/${_id}/restore`)).statusCode, 404)
  const indexes = await documents.indexes()
  t.match(
    indexes.filter(({ name }) => name === 'purge'),
    [{ key: { purge_at: 1 }, expireAfterSeconds: 0 }],
  )
})

t.test('the deletion of an account takes the bin with it', async (t) => {
  const { id, call } = await service.someone()
  const { _id } = (await done(call, 'POST', '/tasks/', { title: 'a' })).json()
  await done(call, 'POST', '/tasks/', { title: 'b' })
  await done(call, 'DELETE', `/tasks/${_id}`)
  const headers = { authorization: `Bearer ${await service.issuer.serviceToken()}` }
  const answer = await service.app.internal.inject({
    method: 'DELETE',
    url: `/internal/owners/${id}`,
    headers,
  })
  t.same(answer.json(), { deleted: 2 })
  t.equal(await documents.countDocuments({ owner_id: new ObjectId(id) }), 0)
})

t.test('an owner has so many tasks and no more, those in the bin included', async (t) => {
  const { call } = await service.someone()
  const ids: string[] = []
  for (let n = 0; n < 5; n++) ids.push((await done(call, 'POST', '/tasks/', { title: 'a' })).json()._id)
  await done(call, 'DELETE', `/tasks/${ids[0]}`)
  const refused = await call('POST', '/tasks/', { title: 'one more' })
  t.equal(refused.statusCode, 409)
  t.match(refused.json(), { code: 'too_many_tasks', detail: /You have 5 tasks/ })
  t.equal((await call('PUT', `/tasks/${ids[1]}`, { title: 'b' })).statusCode, 200)
})

t.test('a task from before there was a search is found, and sorted', async (t) => {
  const { id, call } = await service.someone()
  const { insertedId } = await documents.insertOne({
    owner_id: new ObjectId(id),
    title: 'Älter',
    description: null,
    completed: false,
    created_at: new Date(0),
    updated_at: new Date(0),
  })
  await done(call, 'POST', '/tasks/', { title: 'neu' })
  await service.another()
  while ((await call('GET', '/tasks/?q=alter')).json().length === 0)
    await new Promise((resolve) => setTimeout(resolve, 20))
  const found = (await call('GET', '/tasks/?sort=title')).json()
  t.equal(found[0]._id, insertedId.toHexString())
  t.equal((await call('PUT', `/tasks/${insertedId}`, { title: 'jung' })).json().version, 2)
})
