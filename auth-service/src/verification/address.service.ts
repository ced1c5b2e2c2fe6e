import type { Account } from '../accounts/index.ts'
import { checkedEmail, spellingsOf } from '../email.ts'
import { EmailTaken, LinkInvalid } from '../errors.ts'
import { addressChange, addressCheck, type Mail } from '../mail/index.ts'
import type { Confirmation } from '../own-account/index.ts'
import type { LinkService } from './links.service.ts'
import type { Asking } from './password-reset.service.ts'

export interface AddressServiceOptions {
  accounts: {
    isEmailTaken(spellings: string[]): Promise<boolean>
    verifyEmail(id: string, email: string): Promise<boolean>
    changeEmail(id: string, old: string, email: string): Promise<boolean>
  }
  confirmation: { confirm(confirmation: Confirmation): Promise<string> }
  secondFactor: { check(account: Account, otp: string | undefined): Promise<void> }
  attempts: { beginMail(asking: Asking): Promise<void> }
  links: LinkService
  mail: Mail
}

/** Whether an address is its account's owner's. */
export class AddressService {
  readonly #options: AddressServiceOptions

  constructor(options: AddressServiceOptions) {
    this.#options = options
  }

  /** Sends a link to the address of an account that was just made. */
  invite(account: Account): void {
    const { links, mail } = this.#options
    mail.post('address_check', async () => {
      const link = await links.make('address_check', account)
      return { to: account.email, ...addressCheck(account.email, link) }
    })
  }

  /** Sends it again, unless the address is confirmed already. @throws TooManyAttempts, TooManyMails */
  async inviteAgain(account: Account, sender: Omit<Asking, 'email'>): Promise<void> {
    await this.#options.attempts.beginMail({ email: account.email, ...sender })
    if (account.emailVerifiedAt === null) this.invite(account)
  }

  /**
   * Sends a link to the address that an account is to have, and tells the old one. Nothing changes until the link is used.
   * @throws EmailInvalid, EmailTaken, PasswordWrong, OtpRequired, OtpInvalid, TooManyAttempts, TooManyMails, HashingBusy
   */
  async askForChange(current: Confirmation, typed: string, otp: string | undefined): Promise<void> {
    const { accounts, confirmation, secondFactor, attempts, links, mail } = this.#options
    const { account, address, showLimit } = current
    const newEmail = checkedEmail(typed)
    await confirmation.confirm(current)
    await secondFactor.check(account, otp)
    if (await accounts.isEmailTaken(spellingsOf(newEmail))) throw new EmailTaken()
    // Neither does one account write to many strangers, nor do many accounts write to one.
    await attempts.beginMail({ email: account.email, address, showLimit })
    await attempts.beginMail({ email: newEmail, address, showLimit })
    mail.post('address_change', async () => {
      const link = await links.make('address_change', account, newEmail)
      return { to: newEmail, ...addressChange(newEmail, link) }
    })
    mail.tell(account.email, 'email_changing')
  }

  /**
   * Uses a link: the address it was sent to is its account's.
   * @returns the account, and whether it has got another address
   * @throws LinkInvalid
   * @throws EmailTaken when somebody else has registered it meanwhile
   */
  async confirm(token: string): Promise<{ accountId: string; isChanged: boolean }> {
    const { accounts, links, mail } = this.#options
    const { link, account } = await links.read(token, ['address_check', 'address_change'])
    const { newEmail } = link
    if (newEmail !== undefined && (await accounts.isEmailTaken(spellingsOf(newEmail)))) throw new EmailTaken()
    await links.spend(link)
    const isDone =
      newEmail === undefined
        ? await accounts.verifyEmail(account.id, account.email)
        : await accounts.changeEmail(account.id, account.email, newEmail)
    if (!isDone) throw new LinkInvalid()
    if (newEmail !== undefined) mail.tell(account.email, 'email_changed')
    return { accountId: account.id, isChanged: newEmail !== undefined }
  }
}
