import { createHash, randomBytes } from 'node:crypto'
import type { Account } from '../accounts/index.ts'
import { LinkInvalid } from '../errors.ts'
import type { Link, LinkKind } from './links.repository.ts'

/** 256 bits: nobody guesses one, so looking one up by its hash tells nothing. */
const TOKEN_BYTES = 32
const TOKEN = /^[\w-]{43}$/
const LIFE_MS = 30 * 60_000

/** Where in the page a link leads to; the token stands in the fragment, which no server and no proxy gets to see. */
const FRAGMENTS: Record<LinkKind, string> = {
  password_reset: 'reset',
  address_check: 'verify',
  address_change: 'verify',
}

export interface LinkServiceOptions {
  links: {
    insert(link: Link): Promise<void>
    find(hash: string, kinds: LinkKind[], now: Date): Promise<Link | undefined>
    spend(link: Link): Promise<boolean>
  }
  accounts: { findById(id: string): Promise<Account | undefined> }
  publicUrl: string
  now: () => Date
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}

/** Links in messages: whoever holds one has read the mail of an address (NIST SP 800-63B-4 §3.1.3). */
export class LinkService {
  readonly #options: LinkServiceOptions

  constructor(options: LinkServiceOptions) {
    this.#options = options
  }

  /** @returns the address of the page that uses it */
  async make(kind: LinkKind, account: Account, newEmail?: string): Promise<string> {
    const { links, publicUrl, now } = this.#options
    const token = randomBytes(TOKEN_BYTES).toString('base64url')
    await links.insert({
      hash: hashOf(token),
      kind,
      accountId: account.id,
      email: account.email,
      passwordChangedAt: account.passwordChangedAt,
      ...(newEmail !== undefined && { newEmail }),
      expiresAt: new Date(now().getTime() + LIFE_MS),
    })
    return `${publicUrl}/#${FRAGMENTS[kind]}=${token}`
  }

  /**
   * What a token is good for; it is not used up by that.
   * @throws LinkInvalid, also when the account has got another address or password since
   */
  async read(token: string, kinds: LinkKind[]): Promise<{ link: Link; account: Account }> {
    const { links, accounts, now } = this.#options
    const link = TOKEN.test(token) ? await links.find(hashOf(token), kinds, now()) : undefined
    const account = link && (await accounts.findById(link.accountId))
    if (!link || !account || account.email !== link.email) throw new LinkInvalid()
    const isSame = account.passwordChangedAt?.getTime() === link.passwordChangedAt?.getTime()
    if (!isSame) throw new LinkInvalid()
    return { link, account }
  }

  /** Of many at once, one goes on. @throws LinkInvalid */
  async spend(link: Link): Promise<void> {
    if (!(await this.#options.links.spend(link))) throw new LinkInvalid()
  }
}
