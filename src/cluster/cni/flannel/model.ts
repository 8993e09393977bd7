/** `spec.cluster.cni` of plugin flannel: what a lab file says, and what it means. */
import { VXLAN_PORT } from "../../../net/vxlan.ts";
import type { CniModel, SchemaWords } from "../plugin.ts";

export function flannelSchema({ z, mtu, port }: SchemaWords) {
  return z.strictObject({
    plugin: z.literal("flannel").optional().describe("Default flannel"),
    backend: z.enum(["vxlan", "host-gw"]).optional().describe("Default vxlan"),
    directRouting: z.boolean().optional().describe("vxlan: plain routes between nodes of one subnet"),
    vni: z.int().min(1).max(16_777_215).optional().describe("VXLAN network identifier, default 1"),
    port: port.optional().describe(`UDP port of the tunnel, default ${VXLAN_PORT}`),
    ipMasq: z.boolean().optional().describe("Masquerade what leaves the cluster, default true"),
    mtu: mtu.optional().describe("Pod MTU; default: the underlay's less the backend's overhead"),
  });
}

export interface FlannelModel extends CniModel {
  readonly plugin: "flannel";
  readonly backend: "vxlan" | "host-gw";
  /** vxlan only: plain routes between nodes of one underlay subnet. */
  readonly directRouting: boolean;
  readonly vni: number;
  readonly port: number;
  /** Egress masquerade, default true (`--ip-masq`). */
  readonly ipMasq: boolean;
}
