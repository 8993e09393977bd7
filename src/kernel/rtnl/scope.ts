/** Names of rtnetlink's small numbers as iproute2 prints them: scopes, route types, protocols. */

const SCOPES: Readonly<Record<string, number>> = { global: 0, site: 200, link: 253, host: 254, nowhere: 255 };
const ROUTE_TYPES = [
  "none",
  "unicast",
  "local",
  "broadcast",
  "anycast",
  "multicast",
  "blackhole",
  "unreachable",
  "prohibit",
  "throw",
  "nat",
] as const;
/** /etc/iproute2/rt_protos as far as it matters in a lab. */
const PROTOCOLS: Readonly<Record<number, string>> = {
  0: "unspec",
  1: "redirect",
  2: "kernel",
  3: "boot",
  4: "static",
  9: "ra",
  16: "dhcp",
};

export function scopeNumber(name: string): number {
  const number = SCOPES[name];
  if (number === undefined) throw new Error(`unknown scope ${name}; use global, link or host`);
  return number;
}

export function scopeName(number: number): string {
  return Object.keys(SCOPES).find((name) => SCOPES[name] === number) ?? String(number);
}

export function routeTypeNumber(name: string): number {
  const number = (ROUTE_TYPES as readonly string[]).indexOf(name);
  if (number < 0) throw new Error(`unknown route type ${name}`);
  return number;
}

export function routeTypeName(number: number): string {
  return ROUTE_TYPES[number] ?? String(number);
}

export function protocolName(number: number): string {
  return PROTOCOLS[number] ?? String(number);
}
