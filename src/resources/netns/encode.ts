/** Network namespaces: `ip netns`. */
import type { NetnsResource } from "./definition.ts";
import type { KindEncoder } from "../encode-kind.ts";
import { shellLine } from "../../net/shell-word.ts";

export const netnsEncoder: KindEncoder<NetnsResource> = {
  create: (netns, shell) => [
    shellLine("ip", "netns", "add", shell.name(netns)),
    shell.ip(netns, "link", "set", "lo", "up"),
  ],
  update: (netns, _before, shell) => [shell.ip(netns, "link", "set", "lo", "up")],
  remove: (netns, shell) => [shellLine("ip", "netns", "del", shell.name(netns))],
};
