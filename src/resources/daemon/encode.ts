/** Daemons, started in the background. */
import type { DaemonResource } from "./definition.ts";
import type { KindEncoder } from "../encode-kind.ts";
import { printable } from "../../printable.ts";

export const daemonEncoder: KindEncoder<DaemonResource> = {
  create: (daemon, shell) => [`${shell.exec(daemon, ...daemon.argv)} &`],
  update: (daemon, _before, shell) => [shell.exec(daemon, "birdc", "-s", `/run/bird/${daemon.name}.ctl`, "configure")],
  remove: (daemon, shell) => [`# ${printable(`end ${daemon.name} in ${shell.name(daemon)}`)}`],
};
