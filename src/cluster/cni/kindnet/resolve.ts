/** kindnet's settings, and what it cannot connect. */
import type * as z from "zod";
import type { Scope } from "../../../syntax/scope.ts";
import type { NetworkFacts } from "../plugin.ts";
import type { KindnetModel, kindnetSchema } from "./model.ts";

export type KindnetDocument = z.infer<ReturnType<typeof kindnetSchema>>;

/** kindnetd ends where a route's next hop is not a neighbour (main.go: "Maximum retries reconciling node routes"). */
function checkOneSegment({ switches }: NetworkFacts, scope: Scope): void {
  if (switches.length < 2) return;
  scope
    .at("plugin")
    .error(
      `kindnet needs all nodes on one subnet, but there are ${switches.length}: ${switches.map((s) => s.name).join(", ")}`,
      "remove the nodes' own nodeCIDR, or choose plugin: flannel",
    );
}

export function resolveKindnet(doc: KindnetDocument, facts: NetworkFacts, scope: Scope): KindnetModel {
  checkOneSegment(facts, scope);
  return {
    plugin: "kindnet",
    ...(doc.mtu === undefined ? {} : { mtu: doc.mtu }),
    cause: scope.cause("spec.cluster.cni", "kindnet"),
  };
}
