/** What takes the frames that a device receives: the kernel lets one thing do so (netdev_rx_handler_register()). */
import type { Scope } from "../syntax/scope.ts";
import type { NodeDevices } from "./resolve-node.ts";
import { SHARING } from "./segments.ts";

/** Reports a second one: a bridge or bond that the device is a port of, its macvlans, its ipvlans. `scope`: the namespace. */
export function checkReceivers({ interfaces, bridges, vxlans, typed }: NodeDevices, scope: Scope): void {
  const receivers = new Map<string, string>();
  for (const { name, bridge, bond } of [...interfaces, ...bridges, ...vxlans, ...typed]) {
    const master = bridge ?? bond;
    if (master !== undefined) receivers.set(name, `is a port of ${master}`);
  }
  for (const { name, kind, list, link } of typed) {
    if (link === undefined || !SHARING.has(list)) continue;
    const taken = receivers.get(link);
    const own = `carries ${kind}s`;
    if (taken !== undefined && taken !== own)
      scope
        .at(list, name, "dev")
        .error(`${link} ${taken}: it cannot carry ${kind}s as well`, "only one of these takes what a device receives");
    receivers.set(link, own);
  }
}
