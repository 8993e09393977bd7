/** Bridges. Without STP a port forwards at once: forwarding delay 0. */
import type { BridgeResource } from "./definition.ts";
import type { KindEncoder } from "../encode-kind.ts";
import { addWords, enableLines, setLines } from "../encode-link-settings.ts";

/** `ageing_time` counts in hundredths of a second. */
function bridgeWords({ stp, ageingSeconds, vlanFiltering }: BridgeResource): readonly (string | number)[] {
  return [
    ...(stp ? ["stp_state", 1] : ["stp_state", 0, "forward_delay", 0]),
    ...(vlanFiltering === undefined ? [] : ["vlan_filtering", Number(vlanFiltering)]),
    ...(ageingSeconds === undefined ? [] : ["ageing_time", ageingSeconds * 100]),
  ];
}

export const bridgeEncoder: KindEncoder<BridgeResource> = {
  create: (bridge, shell) => [
    shell.ip(bridge, "link", "add", bridge.name, ...addWords(bridge), "type", "bridge", ...bridgeWords(bridge)),
    ...enableLines(bridge, shell),
  ],
  update: (bridge, _before, shell) => [
    shell.ip(bridge, "link", "set", bridge.name, "type", "bridge", ...bridgeWords(bridge)),
    ...setLines(bridge, shell),
  ],
  remove: (bridge, shell) => [shell.ip(bridge, "link", "del", bridge.name)],
};
