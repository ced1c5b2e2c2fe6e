import { isIP } from 'node:net'
import proxyAddr from '@fastify/proxy-addr'
import { type EnvSchemaOpt, envSchema } from 'env-schema'
import { type Static, type TObject, Type } from 'typebox'

/** Why a service cannot start. The text names the variables and never holds a value: values can be secrets. */
export class SettingsInvalid extends Error {
  /** @param problems each a variable's name and what is wrong with it */
  static because(problems: string[]): SettingsInvalid {
    return new SettingsInvalid(`The settings cannot be used: ${problems.join('; ')}`)
  }
}

/** What the text of a variable means. */
export interface Kind<T> {
  /** @returns undefined for a text that can never work; may throw as well, whatever the error says */
  read: (text: string) => T | undefined
  /** Follows the variable's name; a fixed text, so that it cannot hold a part of the value */
  expects: string
}

/** The schema of a variable that stands in the configuration as what it means. */
export function setting<T>(kind: Kind<T>, options: { default?: string; description: string }) {
  return Type.Unsafe<T>({ type: 'string', ...options, means: kind })
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean)
}

const HOST_NAME = /^(?=.{1,253}$)[\da-z_]([\da-z_-]*[\da-z_])?(\.[\da-z_]([\da-z_-]*[\da-z_])?)*\.?$/i
/** MongoDB's rule for database names, on every operating system. */
const DATABASE_NAME = /^[^/\\. "$*<>:|?\0]{1,63}$/
const RANGE = /^(loopback|linklocal|uniquelocal)$/
const REDIS_DATABASE = /^\/?\d*$/

/** Whether this can be the name or the address of a machine. */
export function isHost(text: string): boolean {
  return isIP(text) !== 0 || HOST_NAME.test(text)
}

/** In a URL an IPv6 address stands in brackets. */
function isUrlHost(hostname: string): boolean {
  return isHost(hostname.replace(/^\[(.*)\]$/, '$1'))
}

/** An address to listen on. */
export const host: Kind<string> = {
  read: (text) => (isHost(text) ? text : undefined),
  expects: 'must be an IP address or a host name',
}

/** Fits a pod's name, and any header. */
export const instanceName: Kind<string> = {
  read: (text) => (/^[\w.-]{0,253}$/.test(text) ? text : undefined),
  expects: 'must be at most 253 letters, digits, dots, dashes and underscores',
}

/** Where another service is asked by HTTP. `fetch` refuses addresses with credentials. */
export const httpUrl: Kind<string> = {
  read: (text) => {
    const { protocol, hostname, username, password, hash } = new URL(text)
    const isAddress = /^https?:$/.test(protocol) && isUrlHost(hostname)
    return isAddress && !username && !password && !hash ? text : undefined
  },
  expects: 'must be http://host[:port][/path] or https://…, without a user, password or fragment',
}

export const redisUrl: Kind<string> = {
  read: (text) => {
    const { protocol, hostname, username, password, pathname } = new URL(text)
    // The client decodes them, and fails at a lone per cent sign.
    for (const part of [username, password]) decodeURIComponent(part)
    const isWhole = isUrlHost(hostname) && REDIS_DATABASE.test(pathname)
    return /^rediss?:$/.test(protocol) && isWhole ? text : undefined
  },
  expects:
    'must be redis://[user:password@]host[:port][/number] or rediss://…, with special characters in a password percent-encoded',
}

export const databaseName: Kind<string> = {
  read: (text) => (Buffer.byteLength(text) <= 63 && DATABASE_NAME.test(text) ? text : undefined),
  expects: 'must be 1 to 63 bytes without spaces and without any of / \\ . " $ * < > : | ?',
}

/** Origins as browsers send them (RFC 6454 §6.2): they are compared as they are. */
export const origins: Kind<readonly string[]> = {
  read: (text) => {
    const isOrigin = (entry: string) => {
      const { protocol, origin, hostname } = new URL(entry)
      return /^https?:$/.test(protocol) && origin === entry && isUrlHost(hostname)
    }
    const entries = list(text)
    return entries.every((entry) => entry === 'loopback' || isOrigin(entry)) ? entries : undefined
  },
  expects:
    'must be origins, separated by commas: http:// or https:// and a host in lower case, a port unless it is the usual one, nothing after it, or `loopback`',
}

/** As Fastify's `trustProxy` takes them. */
export const proxies: Kind<readonly string[]> = {
  read: (text) => {
    const entries = list(text)
    proxyAddr.compile(entries)
    // It also takes numbers and shortened addresses, which are hardly what was meant.
    const isMeant = (entry: string) => RANGE.test(entry) || isIP(entry.split('/', 1)[0] ?? '') !== 0
    return entries.every(isMeant) ? entries : undefined
  },
  expects:
    'must be addresses, networks (address/bits), `loopback`, `linklocal` or `uniquelocal`, separated by commas',
}

/** What the text means; whatever a parser throws can quote the value. */
function meaningOf(kind: Kind<unknown>, text: string): unknown {
  try {
    return kind.read(text)
  } catch {
    return undefined
  }
}

/** Teaches the validator the keyword `means`, which puts in the place of a text what it means. */
const ajv: NonNullable<EnvSchemaOpt['ajv']> = {
  customOptions: (instance) =>
    instance.addKeyword({
      keyword: 'means',
      type: 'string',
      modifying: true,
      compile: (kind: Kind<unknown>) =>
        function validate(text: string, context): boolean {
          const meaning = meaningOf(kind, text)
          if (context) context.parentData[context.parentDataProperty] = meaning
          const isRight = meaning !== undefined
          if (!isRight) Object.assign(validate, { errors: [{ message: kind.expects, params: {} }] })
          return isRight
        },
    }),
}

interface Problem {
  keyword?: string
  instancePath: string
  message?: string
  params: { missingProperty?: string; allowedValues?: string[] }
}

function sentence({ keyword, instancePath, message, params }: Problem): string {
  if (keyword === 'required') return `${params.missingProperty} is not set`
  if (keyword === 'enum') return `${instancePath.slice(1)} must be one of ${params.allowedValues?.join(', ')}`
  return `${instancePath.slice(1)} ${message}`
}

/**
 * Variables as one typed, frozen object. An empty variable counts as one that is not set.
 * @throws SettingsInvalid naming all that are missing or can never work, in one line without their values
 */
export function readSettings<T extends TObject>(
  schema: T,
  environment: NodeJS.ProcessEnv,
): Readonly<Static<T>> {
  const data = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  try {
    return Object.freeze(envSchema<Static<T>>({ schema, data, env: false, ajv }))
  } catch (error) {
    const { errors } = error as { errors?: Problem[] }
    if (!errors) throw error
    throw SettingsInvalid.because(errors.map(sentence))
  }
}
