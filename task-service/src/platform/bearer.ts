interface WithHeaders {
  headers: { authorization?: string | undefined }
}

const BEARER = /^bearer( |$)/i
/** RFC 6750 §2.1 through RFC 9110 §11.4: one space or more */
const BEARER_TOKEN = /^bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i

/** Whether there is a token at all. A header with another scheme counts as none (RFC 6750 §3.1). */
export function namesBearer({ headers }: WithHeaders): boolean {
  return headers.authorization !== undefined && BEARER.test(headers.authorization)
}

/** The token of the `Authorization` header; undefined when there is none in the form of a JWT. */
export function bearerToken({ headers }: WithHeaders): string | undefined {
  return headers.authorization === undefined ? undefined : BEARER_TOKEN.exec(headers.authorization)?.[1]
}
