/** The settings of each type of device as attributes of IFLA_INFO_DATA (linux/if_link.h, linux/if_tunnel.h), both ways. */
import type { LinkData, LinkType } from "../../net/link-type.ts";
import { ipBytes } from "../address.ts";
import { ipText } from "../../net/address-bytes.ts";
import { eachAttribute } from "../netlink/attribute.ts";
import type { Message } from "../netlink/message.ts";
import type { Rtnl } from "../rtnl.ts";

type Form = "u8" | "u16" | "u32" | "be16" | "be32" | "address" | "device";

interface Attribute {
  readonly type: number;
  readonly form: Form;
  /** Numbers by their words. */
  readonly words?: Readonly<Record<string, number>> | undefined;
  /** For a setting that counts for both directions: the other attribute, and the attributes of flags that say that it is there. */
  readonly both?: { readonly type: number; readonly flags: readonly number[]; readonly flag: number } | undefined;
  readonly zero?: "unused" | undefined;
  /** A further attribute of 16 bits that comes with it. */
  readonly with?: { readonly type: number; readonly value: number } | undefined;
}

type Attributes = Readonly<Record<string, Attribute>>;

/** In UDP. */
const ENCAPSULATION: Attribute = { type: 15, form: "u16", words: { fou: 1, gue: 2 }, zero: "unused" };

/** Those of IFLA_IPTUN_*. */
const IP_TUNNEL: Attributes = {
  dev: { type: 1, form: "device" },
  local: { type: 2, form: "address" },
  remote: { type: 3, form: "address" },
  ttl: { type: 4, form: "u8" },
  encap: ENCAPSULATION,
  "encap-dport": { type: 18, form: "be16", zero: "unused" },
};
/** Those of IFLA_GRE_*; a key sets GRE_KEY in the flags of both directions. */
const GRE: Attributes = {
  dev: { type: 1, form: "device" },
  local: { type: 6, form: "address" },
  remote: { type: 7, form: "address" },
  ttl: { type: 8, form: "u8" },
  key: { type: 4, form: "be32", both: { type: 5, flags: [2, 3], flag: 0x2000 } },
};
const GRE6: Attributes = { ...GRE, encaplimit: { type: 11, form: "u8" } };

export const LINK_DATA = {
  bond: {
    mode: {
      type: 1,
      form: "u8",
      words: {
        "balance-rr": 0,
        "active-backup": 1,
        "balance-xor": 2,
        broadcast: 3,
        "802.3ad": 4,
        "balance-tlb": 5,
        "balance-alb": 6,
      },
    },
    miimon: { type: 3, form: "u32" },
    xmit_hash_policy: {
      type: 14,
      form: "u8",
      words: { layer2: 0, "layer3+4": 1, "layer2+3": 2, "encap2+3": 3, "encap3+4": 4, "vlan+srcmac": 5 },
    },
    lacp_rate: { type: 21, form: "u8", words: { slow: 0, fast: 1 } },
  },
  dummy: {},
  gre: GRE,
  gretap: GRE,
  ip6gre: GRE6,
  ip6gretap: GRE6,
  ip6tnl: {
    ...IP_TUNNEL,
    // TUNNEL_ENCAP_FLAG_CSUM6: IPv6 takes no UDP without a checksum.
    encap: { ...ENCAPSULATION, with: { type: 16, value: 2 } },
    encaplimit: { type: 6, form: "u8" },
    mode: { type: 9, form: "u8", words: { any: 0, ipip6: 4, ip6ip6: 41 } },
  },
  ipip: IP_TUNNEL,
  ipvlan: { mode: { type: 1, form: "u16", words: { l2: 0, l3: 1, l3s: 2 } } },
  macvlan: { mode: { type: 1, form: "u32", words: { private: 1, vepa: 2, bridge: 4, passthru: 8 } } },
  sit: IP_TUNNEL,
  vlan: {
    protocol: { type: 5, form: "be16", words: { "802.1Q": 0x8100, "802.1ad": 0x88a8 } },
    id: { type: 1, form: "u16" },
  },
  vrf: { table: { type: 1, form: "u32" } },
  wireguard: {},
} as const satisfies Record<LinkType, Attributes>;

function attributesOf(type: string): Attributes | undefined {
  return Object.hasOwn(LINK_DATA, type) ? LINK_DATA[type as LinkType] : undefined;
}

/** Into IFLA_INFO_DATA. Throws NetlinkError ENODEV for a device that is not there. */
export function writeLinkData(message: Message, rtnl: Pick<Rtnl, "index">, type: LinkType, data: LinkData): void {
  for (const [name, { type: number, form, words, both, with: further }] of Object.entries<Attribute>(LINK_DATA[type])) {
    const given = data[name];
    if (given === undefined) continue;
    if (form === "address") message.bytes(number, ipBytes(String(given)));
    else if (form === "device") message.u32(number, rtnl.index(String(given)));
    else {
      const value = words?.[given] ?? Number(given);
      message[form](number, value);
      if (further !== undefined) message.u16(further.type, further.value);
      if (both === undefined) continue;
      message[form](both.type, value);
      for (const flags of both.flags) message.be16(flags, both.flag);
    }
  }
}

/** Undefined: another type. Devices are by `name`; settings that are not used (no address, key 0) are left out. */
export function readLinkData(
  type: string,
  buffer: Buffer,
  start: number,
  end: number,
): Record<string, string | number> | undefined {
  const attributes = attributesOf(type);
  if (attributes === undefined) return undefined;
  const data: Record<string, string | number> = {};
  const entries = Object.entries(attributes);
  eachAttribute(buffer, start, end, (number, from, to) => {
    const [name, attribute] = entries.find(([, one]) => one.type === number) ?? [];
    if (name === undefined || attribute === undefined) return;
    const value = readValue(attribute, buffer, from, to);
    if (value !== undefined) data[name] = value;
  });
  return data;
}

function readValue(
  { form, words, both, zero }: Attribute,
  buffer: Buffer,
  from: number,
  to: number,
): string | number | undefined {
  if (form === "address")
    return buffer.subarray(from, to).every((byte) => byte === 0) ? undefined : ipText(buffer, from, to);
  const number = {
    u8: () => buffer.readUInt8(from),
    u16: () => buffer.readUInt16LE(from),
    u32: () => buffer.readUInt32LE(from),
    be16: () => buffer.readUInt16BE(from),
    be32: () => buffer.readUInt32BE(from),
    device: () => buffer.readUInt32LE(from),
  }[form]();
  if (number === 0 && (form === "device" || both !== undefined || zero === "unused")) return undefined;
  return Object.entries(words ?? {}).find(([, one]) => one === number)?.[0] ?? number;
}

/** Names of the settings of a type that are devices. */
export function deviceSettings(type: string): readonly string[] {
  return Object.entries(attributesOf(type) ?? {}).flatMap(([name, { form }]) => (form === "device" ? [name] : []));
}
