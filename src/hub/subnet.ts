/** Address ranges as an engine's networks have them: do two overlap, and which address of one is free. */
import { BlockList, isIPv6 } from "node:net";

export interface Subnet {
  /** Canonical: `192.168.50.0/24`. */
  readonly text: string;
  readonly family: "ipv4" | "ipv6";
  readonly base: bigint;
  readonly length: number;
}

/** The subnet of an address with prefix length. Undefined when it is not one. */
export function subnetOf(text: string): Subnet | undefined {
  const [address = "", lengthText = ""] = text.split("/");
  const length = Number(lengthText);
  const family = isIPv6(address) ? "ipv6" : "ipv4";
  const bits = family === "ipv6" ? 128 : 32;
  const value = addressNumber(address);
  if (value === undefined || lengthText === "" || !Number.isInteger(length) || length < 0 || length > bits)
    return undefined;
  const host = BigInt(bits - length);
  const base = (value >> host) << host;
  return { text: `${addressText(base, family)}/${length}`, family, base, length };
}

export function overlap(one: Subnet, other: Subnet): boolean {
  if (one.family !== other.family) return false;
  const list = new BlockList();
  const [wide, narrow] = one.length <= other.length ? [one, other] : [other, one];
  list.addSubnet(addressText(wide.base, wide.family), wide.length, wide.family);
  return list.check(addressText(narrow.base, narrow.family), narrow.family);
}

/** Engines count the addresses of an IPv6 range only so far. */
const IPV6_END = 0x1_0000n;

/** The highest address of the subnet (IPv6: of its first 65,536) that is free; undefined when all are used. */
export function highestFree(subnet: Subnet, taken: readonly string[]): string | undefined {
  const bits = subnet.family === "ipv6" ? 128 : 32;
  const size = 1n << BigInt(bits - subnet.length);
  const numbers = new Set(taken.map((text) => addressNumber(text.split("/")[0] ?? "")));
  const last = (subnet.family === "ipv4" || size < IPV6_END ? size : IPV6_END) - 2n;
  for (let at = last; at > 0n && at > last - 4096n; at--)
    if (!numbers.has(subnet.base + at)) return addressText(subnet.base + at, subnet.family);
  return undefined;
}

/** The highest aligned range of at least `size` free addresses; undefined when there is none. IPv4. */
export function highestFreeRange(subnet: Subnet, taken: readonly string[], size: number): Subnet | undefined {
  const bits = Math.ceil(Math.log2(size));
  const length = 32 - bits;
  if (length <= subnet.length) return undefined;
  const used = new Set(taken.map((text) => (addressNumber(text.split("/")[0] ?? "") ?? 0n) >> BigInt(bits)));
  const first = subnet.base >> BigInt(bits);
  for (let block = first + (1n << BigInt(length - subnet.length)) - 1n; block >= first; block--) {
    if (used.has(block)) continue;
    const base = block << BigInt(bits);
    return { text: `${addressText(base, "ipv4")}/${length}`, family: "ipv4", base, length };
  }
  return undefined;
}

function addressNumber(text: string): bigint | undefined {
  if (!isIPv6(text)) {
    const bytes = text.split(".").map(Number);
    if (bytes.length !== 4 || bytes.some((byte) => !Number.isInteger(byte) || byte < 0 || byte > 255)) return undefined;
    return bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  }
  const [head = "", tail] = text.split("::");
  const words = (part: string): string[] => (part === "" ? [] : part.split(":"));
  const front = words(head);
  const back = tail === undefined ? [] : words(tail);
  const zeros = tail === undefined ? 0 : 8 - front.length - back.length;
  const full = [...front, ...Array.from({ length: zeros }, () => "0"), ...back];
  return full.length === 8 ? full.reduce((sum, word) => sum * 65_536n + BigInt(`0x${word}`), 0n) : undefined;
}

function addressText(value: bigint, family: Subnet["family"]): string {
  if (family === "ipv4") return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join(".");
  const words = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16));
  return new URL(`http://[${words.join(":")}]`).hostname.slice(1, -1);
}
