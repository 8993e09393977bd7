/** Addresses: `ip addr`. */
import type { AddrResource } from "./definition.ts";
import type { KindEncoder, Shell } from "../encode-kind.ts";

function line(verb: string, { address, dev, scope, ...place }: AddrResource, shell: Shell): readonly string[] {
  return [shell.ip(place, "addr", verb, address, "dev", dev, ...(scope === undefined ? [] : ["scope", scope]))];
}

export const addrEncoder: KindEncoder<AddrResource> = {
  create: (addr, shell) => line("add", addr, shell),
  update: (addr, _before, shell) => line("replace", addr, shell),
  remove: (addr, shell) => line("del", addr, shell),
};
