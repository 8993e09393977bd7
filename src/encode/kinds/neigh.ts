/** Permanent neighbour entries: `ip neigh`. */
import type { NeighResource } from "../../plan/resource.ts";
import type { KindEncoder, Shell } from "../kind.ts";

function replace(neigh: NeighResource, shell: Shell): readonly string[] {
  return [
    shell.ip(neigh, "neigh", "replace", neigh.address, "lladdr", neigh.mac, "dev", neigh.dev, "nud", "permanent"),
  ];
}

export const neighEncoder: KindEncoder<"neigh"> = {
  create: (neigh, shell) => replace(neigh, shell),
  update: (neigh, _before, shell) => replace(neigh, shell),
  remove: (neigh, shell) => [shell.ip(neigh, "neigh", "del", neigh.address, "dev", neigh.dev)],
};
