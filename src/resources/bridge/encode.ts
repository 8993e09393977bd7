/** Bridges. Without STP a port forwards at once: forwarding delay 0. */
import type { BridgeResource } from "./definition.ts";
import type { KindEncoder, Shell } from "../encode-kind.ts";
import { addWords, enableLines, restoreLines, setLines } from "../encode-link-settings.ts";

/** `ageing_time` counts in hundredths of a second. */
function bridgeWords({ stp, ageingSeconds, vlanFiltering }: BridgeResource): readonly (string | number)[] {
  return [
    ...(stp ? ["stp_state", 1] : ["stp_state", 0, "forward_delay", 0]),
    ...(vlanFiltering === undefined ? [] : ["vlan_filtering", Number(vlanFiltering)]),
    ...(ageingSeconds === undefined ? [] : ["ageing_time", ageingSeconds * 100]),
  ];
}

function setLine(bridge: BridgeResource, shell: Shell): string {
  return shell.ip(bridge, "link", "set", bridge.name, "type", "bridge", ...bridgeWords(bridge));
}

export const bridgeEncoder: KindEncoder<BridgeResource> = {
  create: (bridge, shell) => [
    shell.ip(bridge, "link", "add", bridge.name, ...addWords(bridge), "type", "bridge", ...bridgeWords(bridge)),
    ...enableLines(bridge, shell),
  ],
  update: (bridge, _before, shell) => [setLine(bridge, shell), ...setLines(bridge, shell)],
  // The kernel takes no forwarding delay of 0 while STP is on.
  restore: (bridge, shell, reason) => [
    ...(reason.includes("stp is on")
      ? [shell.ip(bridge, "link", "set", bridge.name, "type", "bridge", "stp_state", 0)]
      : []),
    ...(/: stp is |; stp|^stp|vlan filtering|ageing/.test(reason) ? [setLine(bridge, shell)] : []),
    ...restoreLines(bridge, shell, reason),
  ],
  remove: (bridge, shell) => [shell.ip(bridge, "link", "del", bridge.name)],
};
