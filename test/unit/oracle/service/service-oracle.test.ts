/** The oracle against every packet flow of upstream's tables, and what those do not ask. */
import { describe, expect, it } from "vitest";
import { decide } from "../../../../src/oracle/service/service-oracle.ts";
import type { Decision } from "../../../../src/oracle/service/service-frontend.ts";
import { absence, withReason } from "../../../conformance/data.ts";
import { flowStages } from "../../../conformance/kube-proxy-flows.ts";

/** In the words of the tables. */
function words(decision: Decision): { output: string[]; masq: boolean } {
  if (typeof decision === "object")
    return { output: [...decision.endpoints], masq: decision.masquerade || decision.hairpin.length > 0 };
  return { output: decision === "none" ? [] : [decision.toUpperCase()], masq: false };
}

const missing = absence("kube-proxy");

describe.skipIf(missing !== undefined)(withReason("upstream's packet flows", missing), () => {
  for (const mode of ["iptables", "nftables"] as const) {
    for (const { title, input, flows } of missing === undefined ? flowStages(mode) : []) {
      it.each(flows.map((flow) => [flow.name, flow] as const))(
        `${mode} ${title}: %s`,
        (_, { packet, output, masq }) => {
          expect(words(decide(input, packet))).toEqual({ output: [...output].toSorted(), masq });
        },
      );
    }
  }
});
