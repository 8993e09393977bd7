/** Who made a route: rtm_protocol of rtnetlink(7), as iproute2 writes it. */

/** /etc/iproute2/rt_protos as far as it matters in a lab. */
const PROTOCOLS: Readonly<Record<number, string>> = {
  0: "unspec",
  1: "redirect",
  2: "kernel",
  3: "boot",
  4: "static",
  8: "gated",
  9: "ra",
  10: "mrt",
  11: "zebra",
  12: "bird",
  13: "dnrouted",
  14: "xorp",
  15: "ntk",
  16: "dhcp",
  18: "keepalived",
  42: "babel",
  84: "ovn",
  186: "bgp",
  187: "isis",
  188: "ospf",
  189: "rip",
  192: "eigrp",
};

const NUMBERS = new Map(Object.entries(PROTOCOLS).map(([number, name]) => [name, Number(number)]));

/** `bird`; a number that has no name as it is. */
export function protocolName(number: number): string {
  return PROTOCOLS[number] ?? String(number);
}

/** Throws RangeError for a word that is neither a name nor a number. */
export function protocolNumber(name: string): number {
  const number = NUMBERS.get(name) ?? Number(name);
  if (!Number.isInteger(number)) throw new RangeError(`unknown route protocol ${name}`);
  return number;
}
