/** ADD and DEL by hand: cnitool (containernetworking/cni) calls the plugins of a list as a container runtime does. */
import type { KindEncoder, Shell } from "../encode-kind.ts";
import { netnsName } from "../../net/netns-name.ts";
import type { CniResource } from "./definition.ts";

function call(cni: CniResource, command: "add" | "del", shell: Shell): readonly string[] {
  const env = [
    `CNI_PATH=${cni.path.join(":")}`,
    "NETCONFPATH=/etc/cni/net.d",
    `CNI_ARGS=${cni.args.map((pair) => pair.join("=")).join(";")}`,
    `CAP_ARGS=${JSON.stringify(cni.capabilityArgs)}`,
    `CNI_IFNAME=${cni.ifName}`,
  ];
  const netns = `/run/netns/${netnsName(shell.lab, { ns: cni.podNs, node: cni.node })}`;
  return [shell.exec(cni, "env", ...env, "cnitool", command, String(cni.network["name"]), netns)];
}

export const cniEncoder: KindEncoder<CniResource> = {
  create: (cni, shell) => call(cni, "add", shell),
  update: (cni, _before, shell) => call(cni, "add", shell),
  remove: (cni, shell) => call(cni, "del", shell),
};
