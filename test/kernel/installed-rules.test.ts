/**
 * Upstream's packet flows, decided by reading: the generated rules are loaded into a namespace, listed by iptables-save or
 * nft, and followed as text. What comes out must be what upstream's tables say, and what the oracle says.
 */
import { describe, expect, it } from "vitest";
import { formatVerdict, sameVerdict, verdictOf, verdictOfWays } from "../../src/installed/verdict.ts";
import type { ServiceVerdict } from "../../src/installed/verdict.ts";
import { decide } from "../../src/oracle/service/service-oracle.ts";
import { absence, withReason } from "../conformance/data.ts";
import { flowStages } from "../conformance/kube-proxy-flows.ts";
import { RULES_READERS } from "./loaded-rules.ts";
import { useNamespaces } from "./namespaces.ts";

const missing = absence("kube-proxy");
const namespaces = useNamespaces("s4-installed");

describe.skipIf(missing !== undefined)(withReason("flows read from installed rules", missing), () => {
  for (const mode of ["iptables", "nftables"] as const) {
    const stages = missing === undefined ? flowStages(mode) : [];
    it.each(stages.map((stage) => [stage.title, stage] as const))(`${mode} %s`, (_, stage) => {
      namespaces.make("node");
      const { input } = stage;
      const follow = RULES_READERS[mode](input, `${namespaces.lab}.node`);
      for (const { name, packet, output, masq } of stage.flows) {
        const ways = follow({ ...packet, family: input.family, localAddresses: input.nodeIPs });
        const read = verdictOfWays(ways);
        const oracle = verdictOf(decide(input, packet));
        expect(ways.unread, name).toEqual([]);
        expect(
          ways.ways.reduce((sum, way) => sum + way.probability, 0),
          name,
        ).toBeCloseTo(1, 6);
        expect(formatVerdict(read), name).toBe(formatVerdict(oracle));
        expect(sameVerdict(read, oracle), name).toBe(true);
        expect(words(read), name).toEqual([...output].toSorted());
        expect(read.kind === "endpoints" && [...read.masqueraded.values()].includes(true), name).toBe(masq);
      }
    });
  }
});

/** In the words of the tables. */
function words(verdict: ServiceVerdict): string[] {
  if (verdict.kind === "endpoints") return [...verdict.masqueraded.keys()].toSorted();
  return verdict.kind === "none" ? [] : [verdict.kind.toUpperCase()];
}
