/** Links to the host: made on the host, into the lab's namespace. */
import { shellLine } from "../../net/shell-word.ts";
import type { KindEncoder } from "../encode-kind.ts";
import { addWords, enableLines, restoreLines, setLines } from "../encode-link-settings.ts";
import type { HostlinkResource } from "./definition.ts";

const hostUp = ({ type, host }: HostlinkResource): readonly string[] =>
  type === "veth" ? [shellLine("ip", "link", "set", host, "up")] : [];

export const hostlinkEncoder: KindEncoder<HostlinkResource> = {
  create(link, shell) {
    const { type, name, host } = link;
    const own = [...addWords(link), "netns", shell.name(link)];
    const add =
      type === "veth"
        ? ["link", "add", host, "type", "veth", "peer", "name", name, ...own]
        : ["link", "add", "link", host, "name", name, ...own, "type", "macvlan", "mode", "bridge"];
    return [shellLine("ip", ...add), ...hostUp(link), ...enableLines(link, shell)];
  },
  update: (link, _before, shell) => [...setLines(link, shell), ...hostUp(link)],
  restore: (link, shell, reason) => [
    ...(reason.includes(`${link.name}: `) || / is recreated/.test(reason) ? restoreLines(link, shell, reason) : []),
    ...(reason.includes("end on the host") ? hostUp(link) : []),
  ],
  remove: ({ name, ...place }, shell) => [shell.ip(place, "link", "del", name)],
};
