/** Names of the reverse zones `in-addr.arpa` and `ip6.arpa` (RFC 1035 3.5, RFC 3596 2.5) as addresses. */
import { formatIPv6 } from "../../kernel/sockaddr.ts";
import { isIPv4 } from "node:net";

const IPV4 = ".in-addr.arpa";
const IPV6 = ".ip6.arpa";

/** The address of `1.0.3.10.in-addr.arpa`, lower case; undefined for a name that is none or only a part of one. */
export function addressOfReverse(name: string): string | undefined {
  if (name.endsWith(IPV4)) {
    const address = name.slice(0, -IPV4.length).split(".").toReversed().join(".");
    return isIPv4(address) ? address : undefined;
  }
  if (!name.endsWith(IPV6)) return undefined;
  const nibbles = name.slice(0, -IPV6.length).split(".");
  if (nibbles.length !== 32 || nibbles.some((nibble) => !/^[0-9a-f]$/.test(nibble))) return undefined;
  return formatIPv6(Buffer.from(nibbles.toReversed().join(""), "hex"), 0);
}
