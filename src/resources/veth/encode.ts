/** Veth pairs: both ends are made in their namespaces by one command. */
import type { VethResource } from "./definition.ts";
import { VETH_MTU } from "./mtu.ts";
import type { KindEncoder } from "../encode-kind.ts";
import { addWords, enableLines, restoreLines, setLines } from "../encode-link-settings.ts";

export const vethEncoder: KindEncoder<VethResource> = {
  create: (veth, shell) => [
    shell.ip(
      veth,
      "link",
      "add",
      veth.name,
      ...addWords(veth, VETH_MTU),
      "type",
      "veth",
      "peer",
      "name",
      veth.peer.name,
      ...addWords(veth.peer, VETH_MTU),
      "netns",
      shell.name(veth.peer),
    ),
    ...enableLines(veth, shell),
    ...enableLines(veth.peer, shell),
  ],
  update: (veth, _before, shell) => [...setLines(veth, shell), ...setLines(veth.peer, shell)],
  restore: (veth, shell, reason) => [...restoreLines(veth, shell, reason), ...restoreLines(veth.peer, shell, reason)],
  remove: (veth, shell) => [shell.ip(veth, "link", "del", veth.name)],
};
