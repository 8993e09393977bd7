/**
 * MAC addresses that are the same on every run. A device that is recreated keeps its MAC, so the neighbours' caches
 * stay right. All are locally administered (second-lowest bit of the first byte).
 */
import { sha256 } from "./digest.ts";
import { parseAddress } from "./address.ts";
import type { PerFamily } from "./family.ts";
import { canonicalAddress } from "./families.ts";

function join(bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

/** Six bytes from a name's SHA-256: always the same, so that a lab file can name it. */
export function macFromName(...name: readonly string[]): string {
  const digest = sha256(name.join("\0"));
  return join([((digest[0] ?? 0) & 0xfc) | 0x02, ...digest.subarray(1, 6)]);
}

/** Two leading bytes and the four of the IPv4 address (`0a:58:0a:f4:01:02` is 10.244.1.2); without one, of a hash. */
function macFromAddress(lead: readonly [number, number], address: PerFamily<string>, name: string): string {
  const v4 = address.ipv4 === undefined ? undefined : parseAddress(address.ipv4);
  if (v4 !== undefined)
    return join([...lead, ...[24n, 16n, 8n, 0n].map((shift) => Number((v4.value >> shift) & 0xffn))]);
  const digest = sha256(`${name}\0${address.ipv6 ?? ""}`);
  return join([...lead, ...digest.subarray(0, 4)]);
}

/** A pod's (and its bridge's) MAC, in the form that the CNI plugins' hwaddr.GenerateHardwareAddr4 gave it: 0a:58 + IPv4. */
export function podMac(address: PerFamily<string>, name: string): string {
  return macFromAddress([0x0a, 0x58], address, name);
}

/** MAC of a node's, the router's or the internet's interface: 02:00 + IPv4. */
export function hostMac(address: PerFamily<string>, name: string): string {
  return macFromAddress([0x02, 0x00], address, name);
}

/** The device's link-local IPv6 address: EUI-64 from the MAC, as the kernel makes it with addr_gen_mode 0 (RFC 4291, appendix A). */
export function linkLocalAddress(mac: string): string {
  const bytes = mac.split(":").map((byte) => Number.parseInt(byte, 16));
  const [first = 0, ...rest] = bytes;
  const all = [first ^ 2, ...rest.slice(0, 2), 0xff, 0xfe, ...rest.slice(2)];
  const groups = [0, 2, 4, 6].map((at) => (((all[at] ?? 0) << 8) | (all[at + 1] ?? 0)).toString(16));
  return canonicalAddress(`fe80::${groups.join(":")}`);
}
