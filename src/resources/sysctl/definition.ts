/** Sysctls of a namespace, or of one of its devices. */
import { isConntrackSysctl, sysctlDevice, sysctlPath } from "../sysctl-key.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { ResourceBase } from "../resource.ts";
import { sysctlEncoder } from "./encode.ts";
import { sysctlPlan } from "./plan.ts";

export interface SysctlResource extends ResourceBase {
  readonly kind: "sysctl";
  /** Dotted or slashed as sysctl(8) takes it; a `/` form is used where a device name has a dot. */
  readonly key: string;
  readonly value: string;
  /** Left alone where the kernel has no such sysctl, or does not let us set it: not all kernels have all modules. */
  readonly optional?: boolean | undefined;
}

export function isSysctl(resource: { readonly kind: string }): resource is SysctlResource {
  return resource.kind === "sysctl";
}

const BRIDGE_CALLS = "net.bridge.bridge-nf-call-";

export const sysctlDefinition: ResourceDefinition<SysctlResource> = {
  kind: "sysctl",
  lives: "kernel",
  speed: "netlink",
  listed: ["sysctl"],
  planned: "first",
  metAt: "routing",
  script: ({ key }) => (sysctlDevice(key) === undefined ? "namespace" : "own"),
  key: ({ key }) => [key],
  describe: ({ key, value }) => `sysctl ${key}=${value}`,
  provide({ id, ns, key }, index) {
    if (!isConntrackSysctl(key)) index.addSysctl(ns, sysctlDevice(key), id);
  },
  answersForAll: ({ key, value }) => value !== "0" && /\bproxy_(?:arp|ndp)$/.test(key),
  own: ({ key, value }, own) => void own.sysctls.set(key, value),
  meets({ ns, key }, passage) {
    const [net, group] = sysctlPath(key);
    const other = passage.family === "ipv4" ? "ipv6" : "ipv4";
    const device = sysctlDevice(key);
    return net === "net" && group !== other && (device === undefined || passage.passes(ns, device));
  },
  // Packets between pods of one node cross the bridge, and only br_netfilter shows them to the node's rules.
  requirements: ({ key, optional }) =>
    optional === true || !key.startsWith(BRIDGE_CALLS)
      ? []
      : [
          {
            use: "NetworkPolicies between pods on one node",
            feature: "bridge netfilter",
            module: "br_netfilter",
            path: "/proc/sys/net/bridge",
          },
        ],
  plan: sysctlPlan,
  encode: sysctlEncoder,
};
