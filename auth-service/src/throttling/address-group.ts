import ipaddr from 'ipaddr.js'

/** A household or a server is handed a /64: its holder can send from 2^64 addresses (RFC 6177). */
const NETWORK_GROUPS = 4

/** What limits count as one sender: an IPv4 address, or the /64 network of an IPv6 address. */
export function addressGroup(address: string): string {
  if (!ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address)
  if (!(parsed instanceof ipaddr.IPv6)) return parsed.toString()
  const network = parsed.parts.slice(0, NETWORK_GROUPS).map((group) => group.toString(16))
  return `${network.join(':')}::/64`
}
