/** Controls of C0 and C1, line separators, and what turns the direction of writing or cannot be seen. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu

/**
 * Text of strangers as a terminal may show it: nothing in it moves the cursor, begins a line or hides the rest (CWE-117, CWE-150).
 */
export function printable(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (character) => `\\u{${character.codePointAt(0)?.toString(16).padStart(4, '0')}}`,
  )
}
