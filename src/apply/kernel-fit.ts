/** Kernel features without which operations are useless: checked before anything is built. */
import { existsSync } from "node:fs";
import { HostError } from "../errors.ts";
import type { Operation } from "../resources/operation.ts";

const BRIDGE_CALLS = "net.bridge.bridge-nf-call-";

/**
 * Throws HostError where packets between pods of one node would pass by their NetworkPolicies: they cross the bridge,
 * and only br_netfilter shows them to the node's rules. `exists`: of a path.
 */
export function mustEnforceOnBridges(
  operations: readonly Pick<Operation, "action" | "resource">[],
  exists: (path: string) => boolean = existsSync,
): void {
  const asks = operations.some(
    ({ action, resource }) =>
      action !== "delete" &&
      resource.kind === "sysctl" &&
      resource.optional !== true &&
      resource.key.startsWith(BRIDGE_CALLS),
  );
  if (!asks || exists("/proc/sys/net/bridge")) return;
  throw new HostError(
    "this kernel has no br_netfilter: NetworkPolicies would have no effect between pods on the same node",
    "load the module: sudo modprobe br_netfilter; k8snet-lab doctor shows what else is missing",
  );
}
