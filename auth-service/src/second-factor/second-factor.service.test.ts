import { Secret, TOTP } from 'otpauth'
import t from 'tap'
import type { Account } from '../accounts/index.ts'
import { OtpInvalid, OtpRequired, SecondFactorOff, SecondFactorOn } from '../errors.ts'
import type { Slot } from './recovery-codes.ts'
import { SealedSecrets } from './sealed-secrets.ts'
import type { SecondFactor } from './second-factor.repository.ts'
import { SecondFactorService } from './second-factor.service.ts'

const ACCOUNT = { id: '0123456789abcdef01234567', email: 'a@example.org' } as Account

/** The repository's compare-and-sets over one account in memory. */
class OneFactor {
  factor: SecondFactor | undefined
  lastStep = 0

  async find() {
    return this.factor && structuredClone(this.factor)
  }
  async propose(_id: string, sealedSecret: string) {
    if (this.factor?.isOn) return false
    this.factor = { sealedSecret, isOn: false, recovery: {} }
    return true
  }
  async confirm(_id: string, sealedSecret: string, step: number, recovery: Record<Slot, string>) {
    if (this.factor?.isOn || this.factor?.sealedSecret !== sealedSecret) return false
    this.factor = { sealedSecret, isOn: true, recovery }
    this.lastStep = step
    return true
  }
  async spendStep(_id: string, step: number) {
    if (step <= this.lastStep) return false
    this.lastStep = step
    return true
  }
  async spendRecovery(_id: string, slot: Slot, hash: string) {
    if (this.factor?.recovery[slot] !== hash) return false
    delete this.factor.recovery[slot]
    return true
  }
  async replaceRecovery(_id: string, recovery: Record<Slot, string>) {
    if (this.factor) this.factor.recovery = recovery
    return this.factor !== undefined
  }
  async remove() {
    this.factor = undefined
    return true
  }
}

function scene() {
  const clock = { now: 1_700_000_000_000 }
  const counted = { begun: 0, forgiven: 0 }
  const told: string[] = []
  const service = new SecondFactorService({
    factors: new OneFactor(),
    sealed: new SealedSecrets('a secret of the operator, long enough'),
    hasher: {
      hash: async (text) => `hash of ${text}`,
      verify: async (hash, text) => ({ correct: hash === `hash of ${text}` }),
    },
    attempts: {
      async beginCode() {
        counted.begun++
      },
      async codeSucceeded() {
        counted.forgiven++
      },
    },
    issuer: 'AuthDB',
    tell: (_email, change) => void told.push(change),
    now: () => new Date(clock.now),
  })
  const codeOf = (secret: string) =>
    new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: clock.now })
  const nextStep = () => {
    clock.now += 30_000
  }
  async function turnOn() {
    const { secret } = await service.enrol(ACCOUNT)
    const codes = await service.confirm(ACCOUNT, codeOf(secret))
    return { secret, codes }
  }
  return { service, counted, told, codeOf, nextStep, turnOn }
}

t.test('an enrolment protects nothing until its first code was shown', async (t) => {
  const { service, codeOf } = scene()
  const { secret } = await service.enrol(ACCOUNT)
  await service.check(ACCOUNT, undefined)
  await t.rejects(service.confirm(ACCOUNT, '000000'), { code: new OtpInvalid().code })
  const codes = await service.confirm(ACCOUNT, codeOf(secret))
  t.equal(codes.length, 10)
  await t.rejects(service.check(ACCOUNT, undefined), { code: new OtpRequired().code })
})

t.test('the code that turned it on is used, and so is each other one once', async (t) => {
  const { service, codeOf, nextStep, turnOn } = scene()
  const { secret } = await turnOn()
  await t.rejects(service.check(ACCOUNT, codeOf(secret)), { code: new OtpInvalid().code })
  nextStep()
  await service.check(ACCOUNT, codeOf(secret))
  await t.rejects(service.check(ACCOUNT, codeOf(secret)), { code: new OtpInvalid().code })
})

t.test('of many log-ins with one code at once, one succeeds', async (t) => {
  const { service, codeOf, nextStep, turnOn } = scene()
  const { secret } = await turnOn()
  nextStep()
  const code = codeOf(secret)
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => service.check(ACCOUNT, code)))
  t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
})

t.test('a recovery code replaces a code, once', async (t) => {
  const { service, turnOn } = scene()
  const { codes } = await turnOn()
  await service.check(ACCOUNT, codes[3])
  await t.rejects(service.check(ACCOUNT, codes[3]), { code: new OtpInvalid().code })
  await service.check(ACCOUNT, codes[4]?.toUpperCase())
})

t.test('new recovery codes make the old ones worthless', async (t) => {
  const { service, codeOf, nextStep, turnOn } = scene()
  const { secret, codes } = await turnOn()
  nextStep()
  const renewed = await service.renewRecoveryCodes(ACCOUNT, codeOf(secret))
  await t.rejects(service.check(ACCOUNT, codes[0]), { code: new OtpInvalid().code })
  await service.check(ACCOUNT, renewed[0])
})

t.test('it cannot be enrolled twice, and is gone once it was removed with a code', async (t) => {
  const { service, codeOf, nextStep, turnOn } = scene()
  const { secret } = await turnOn()
  await t.rejects(service.enrol(ACCOUNT), { code: new SecondFactorOn().code })
  await t.rejects(service.remove(ACCOUNT, '000000'), { code: new OtpInvalid().code })
  nextStep()
  await service.remove(ACCOUNT, codeOf(secret))
  await service.check(ACCOUNT, undefined)
  await t.rejects(service.remove(ACCOUNT, codeOf(secret)), { code: new SecondFactorOff().code })
})

t.test('every look at a code is counted before it, and forgiven only when it was right', async (t) => {
  const { service, counted, codeOf, nextStep, turnOn } = scene()
  const { secret } = await turnOn()
  t.same(counted, { begun: 1, forgiven: 1 })
  await t.rejects(service.check(ACCOUNT, '000000'))
  await t.rejects(service.check(ACCOUNT, 'a-00000-00000'))
  t.same(counted, { begun: 3, forgiven: 1 })
  nextStep()
  await service.check(ACCOUNT, codeOf(secret))
  t.same(counted, { begun: 4, forgiven: 2 })
})

t.test('the owner is told of everything that changes it, and of a recovery code that was used', async (t) => {
  const { service, told, codeOf, nextStep, turnOn } = scene()
  const { secret, codes } = await turnOn()
  await service.check(ACCOUNT, codes[0])
  nextStep()
  await service.check(ACCOUNT, codeOf(secret))
  nextStep()
  await service.renewRecoveryCodes(ACCOUNT, codeOf(secret))
  await t.rejects(service.remove(ACCOUNT, '000000'))
  nextStep()
  await service.remove(ACCOUNT, codeOf(secret))
  t.strictSame(told, [
    'second_factor_on',
    'recovery_code_used',
    'recovery_codes_renewed',
    'second_factor_off',
  ])
})
