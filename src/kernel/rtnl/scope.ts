/** Names of rtnetlink's small numbers as iproute2 prints them: scopes and route types. */

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
