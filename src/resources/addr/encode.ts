/** Addresses: `ip addr`. */
import type { AddrResource } from "./definition.ts";
import type { KindEncoder, Shell } from "../encode-kind.ts";

function line(verb: string, addr: AddrResource, shell: Shell): readonly string[] {
  const { address, dev, scope, prefixRoute, ...place } = addr;
  const scoped = scope === undefined ? [] : ["scope", scope];
  const flags = prefixRoute === false && verb !== "del" ? ["noprefixroute"] : [];
  return [shell.ip(place, "addr", verb, address, "dev", dev, ...scoped, ...flags)];
}

export const addrEncoder: KindEncoder<AddrResource> = {
  create: (addr, shell) => line("add", addr, shell),
  update: (addr, _before, shell) => line("replace", addr, shell),
  remove: (addr, shell) => line("del", addr, shell),
};
