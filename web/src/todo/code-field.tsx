/** For the second factor of an account that has one; asked for when the service has said so. */
export function CodeField() {
  return (
    <label class="field">
      <span>Code of your authenticator app, or a recovery code</span>
      <input name="otp" autocomplete="one-time-code" required maxLength={64} />
    </label>
  )
}
