const VARIANTS: Readonly<Record<string, URL>> = {
  'delete-after-write': new URL('delete-after-write.ts', import.meta.url),
}

/**
 * The module that swaps task-service's cache protocol for another, undefined for its own.
 * @throws Error naming what there is
 */
export function variantModule(protocol: string): URL | undefined {
  if (protocol === '') return undefined
  const url = VARIANTS[protocol]
  if (!url) throw new Error(`There is no protocol "${protocol}": ${Object.keys(VARIANTS).join(', ')}`)
  return url
}
