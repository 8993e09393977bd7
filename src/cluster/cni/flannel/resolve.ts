/** Flannel's settings: defaults, and what cannot be built. */
import type * as z from "zod";
import { VXLAN_PORT } from "../../../net/vxlan.ts";
import type { Family } from "../../../net/family.ts";
import type { Scope } from "../../../syntax/scope.ts";
import type { NetworkFacts } from "../plugin.ts";
import type { FlannelModel, flannelSchema } from "./model.ts";
import { flannelDevice } from "./vxlan.ts";

export type FlannelDocument = z.infer<ReturnType<typeof flannelSchema>>;

/** IFNAMSIZ less the terminating zero. */
const MAX_DEVICE_NAME = 15;

/** Flannel puts the VNI into its devices' names: flannel.1, flannel-v6.1. */
function checkDeviceName(vni: number, families: readonly Family[], scope: Scope): void {
  const name = flannelDevice(vni, families.includes("ipv6") ? "ipv6" : "ipv4");
  if (name.length <= MAX_DEVICE_NAME) return;
  const digits = MAX_DEVICE_NAME - name.length + String(vni).length;
  scope
    .at("vni")
    .error(
      `flannel names its device ${name}, and Linux allows at most ${MAX_DEVICE_NAME} characters`,
      `choose a VNI of at most ${digits} digits`,
    );
}

/** host-gw routes to node addresses directly: all nodes must share a segment (flannel's backend documentation). */
function checkHostGw({ switches }: NetworkFacts, scope: Scope): void {
  if (switches.length < 2) return;
  scope
    .at("backend")
    .error(
      `host-gw needs all nodes on one subnet, but there are ${switches.length}: ${switches.map((s) => s.name).join(", ")}`,
      "remove the nodes' own nodeCIDR, or choose backend: vxlan",
    );
}

export function resolveFlannel(doc: FlannelDocument, facts: NetworkFacts, scope: Scope): FlannelModel {
  const { backend = "vxlan", vni = 1 } = doc;
  if (backend === "vxlan") checkDeviceName(vni, facts.families, scope);
  else {
    for (const key of ["directRouting", "vni", "port"] as const) {
      if (doc[key] !== undefined)
        scope
          .at(key)
          .keyError(`${key} belongs to the backend vxlan, not to ${backend}`, "remove it, or choose backend: vxlan");
    }
    checkHostGw(facts, scope);
  }
  return {
    plugin: "flannel",
    backend,
    directRouting: doc.directRouting ?? false,
    vni,
    port: doc.port ?? VXLAN_PORT,
    ipMasq: doc.ipMasq ?? true,
    ...(doc.mtu === undefined ? {} : { mtu: doc.mtu }),
    cause: scope.cause(scope.text, `flannel with backend ${backend}`),
  };
}
