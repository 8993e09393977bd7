/** Permanent neighbour entries and proxy entries: `ip neigh`. */
import type { NeighResource } from "./definition.ts";
import type { KindEncoder, Shell } from "../encode-kind.ts";

function replace(neigh: NeighResource, shell: Shell): readonly string[] {
  if (neigh.mac === undefined) return [shell.ip(neigh, "neigh", "replace", "proxy", neigh.address, "dev", neigh.dev)];
  return [
    shell.ip(neigh, "neigh", "replace", neigh.address, "lladdr", neigh.mac, "dev", neigh.dev, "nud", "permanent"),
  ];
}

export const neighEncoder: KindEncoder<NeighResource> = {
  create: (neigh, shell) => replace(neigh, shell),
  update: (neigh, _before, shell) => replace(neigh, shell),
  remove: (neigh, shell) => [
    shell.ip(neigh, "neigh", "del", ...(neigh.mac === undefined ? ["proxy"] : []), neigh.address, "dev", neigh.dev),
  ],
};
