/** Names of kube-proxy's chains: a hash of what they are for, so that they fit the kernel's length and stay the same. */
import { sha256 } from "../../net/digest.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Hashes that have been worked out: those of one node are those of the next, and of the next plan. */
const known = new Map<string, string>();
const MOST_KNOWN = 50_000;

/** The first characters of base32(sha256(text)), RFC 4648, upper case. */
export function nameHash(text: string, length: number): string {
  const key = `${length} ${text}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  if (known.size >= MOST_KNOWN) known.clear();
  const name = workOut(text, length);
  known.set(key, name);
  return name;
}

function workOut(text: string, length: number): string {
  const digest = sha256(text);
  let name = "";
  let bits = 0;
  let value = 0;
  for (const byte of digest) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5 && name.length < length) {
      bits -= 5;
      name += ALPHABET[(value >> bits) & 31];
    }
    value &= (1 << bits) - 1;
    if (name.length === length) break;
  }
  return name;
}

export type IptablesChainKind = "SVC" | "SVL" | "EXT" | "FW" | "SEP";

/**
 * `KUBE-SVC-XPGD46QRK7WJZT7O`. `portName` is `ns1/svc1:p80`, `endpoint` (SEP only) `10.180.0.1:80`.
 * (kubernetes pkg/proxy/iptables: portProtoHash, servicePortEndpointChainName)
 */
export function iptablesChain(
  kind: IptablesChainKind,
  portName: string,
  protocol: string,
  endpoint: string = "",
): string {
  return `KUBE-${kind}-${nameHash(portName + protocol + endpoint, 16)}`;
}

export type NftablesChainKind = "service" | "local" | "external" | "firewall" | "endpoint" | "affinity";

/** NFT_NAME_MAXLEN less the longest prefix with its hyphen. */
const MAX_BASE = 256 - 16;

/**
 * `service-ULMVA6XW-ns1/svc1/tcp/p80`. `base` is `ns1/svc1/tcp/p80`, for endpoint and affinity
 * `ns1/svc1/tcp/p80__10.180.0.1/80` with dots for an IPv6 address's colons.
 */
export function nftablesName(kind: NftablesChainKind, base: string): string {
  const name = `${nameHash(base, 8)}-${base}`;
  return `${kind}-${name.length > MAX_BASE ? `${name.slice(0, MAX_BASE - 3)}...` : name}`;
}
