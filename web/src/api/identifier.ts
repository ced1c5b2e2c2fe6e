const BYTES = 16

/** A new one each time, as hexadecimal digits. Not by `crypto.randomUUID`, which browsers keep from pages that came by plain http. */
export function newIdentifier(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(BYTES)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
}
