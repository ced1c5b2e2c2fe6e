import { Registry } from '@prometheus-io/client'
import { pino } from 'pino'
import { auditOf, systemAct } from '../audit/index.ts'
import { type CommandConfig, loadCommandConfig } from '../config.ts'
import { type Mail, mailOf } from '../mail/index.ts'
import { createMongoClient, type Db } from '../platform/mongo.ts'

/** What a command works with that changes accounts beside the running service. */
export interface Beside {
  db: Db
  config: CommandConfig
  mail: Mail
  /** Writes into the record what the command did to an account. */
  record(action: Parameters<typeof systemAct>[0], userId: string | null): Promise<void>
}

/**
 * Opens the database and the ways out of a command, and closes them after its work.
 * @param name of the command, for the record
 * @throws SettingsInvalid and what the work throws
 */
export async function beside<T>(name: string, work: (beside: Beside) => Promise<T>): Promise<T> {
  const config = loadCommandConfig(process.env)
  const client = createMongoClient(config)
  const db = client.db(config.MONGODB_DATABASE)
  const registry = new Registry()
  const log = pino({ name }, pino.destination(2))
  const mail = mailOf(config, log, registry)
  const trail = auditOf(db, { config, log, registry, now: () => new Date() }).trail
  try {
    return await work({
      db,
      config,
      mail,
      record: (action, userId) => trail.record(systemAct(action, userId, name)),
    })
  } finally {
    await mail.stop()
    await client.close()
  }
}

/** Runs a command to its end: its last line on stdout, or what went wrong on stderr and a code of 1. */
export async function runCommand(subject: string, work: () => Promise<string>): Promise<void> {
  try {
    console.log(await work())
  } catch (error) {
    console.error(`${subject}: ${(error as Error).message}`)
    process.exitCode = 1
  }
}
