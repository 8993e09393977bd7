/** kindnet: what a lab file says. kindnetd has no settings; the MTU is the one of the node's eth0. */
import type { CniModel, SchemaWords } from "../plugin.ts";

export function kindnetSchema({ z, mtu }: SchemaWords) {
  return z.strictObject({
    plugin: z.literal("kindnet").describe("kind's own plugin: routed veths, a route per node, no tunnel"),
    mtu: mtu.optional().describe("Pod MTU; default: the MTU of the node's eth0"),
  });
}

export interface KindnetModel extends CniModel {
  readonly plugin: "kindnet";
}
