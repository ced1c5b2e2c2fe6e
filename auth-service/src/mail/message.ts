/** One e-mail; plain text alone. */
export interface Message {
  to: string
  subject: string
  text: string
}

/** How messages leave. */
export interface MailSender {
  /** @throws Error when the message was not taken; `permanent` when it never will be */
  send(message: Message): Promise<void>
  close(): void
}
