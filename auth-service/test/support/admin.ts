import { ObjectId } from 'mongodb'
import { login, register, type Tokens } from './client.ts'
import type { Service } from './service.ts'

/** Makes an administrator behind the service's back. */
export async function newAdmin({
  app,
  mongo,
  environment,
}: Service): Promise<{ id: string; email: string; tokens: Tokens }> {
  const { _id, email } = await register(app)
  const users = mongo.db(environment.MONGODB_DATABASE).collection('users')
  await users.updateOne({ _id: new ObjectId(_id) }, { $set: { role: 'ADMIN' } })
  return { id: _id, email, tokens: await login(app, email) }
}
