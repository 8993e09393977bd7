/**
 * Two that know nothing of each other, the oracle and the generators of rules, about Services that chance has made: what the
 * oracle says of a packet is what the loaded rules do with it.
 */
import { describe, expect, it } from "vitest";
import { formatVerdict, verdictOf, verdictOfWays } from "../../src/installed/verdict.ts";
import { decide } from "../../src/oracle/service/service-oracle.ts";
import { RULES_READERS } from "./loaded-rules.ts";
import { useNamespaces } from "./namespaces.ts";
import { randomCluster } from "./random-services.ts";

const namespaces = useNamespaces("s4-random");
const SEEDS = Number(process.env["K8SNET_RANDOM_SEEDS"] ?? 12);

describe.each(["iptables", "nftables"] as const)("mode %s", (mode) => {
  it.each(["ipv4", "ipv6"] as const)("%s", { timeout: 120_000 }, (family) => {
    namespaces.make("node");
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { input, packets } = randomCluster(seed, mode, family);
      const follow = RULES_READERS[mode](input, `${namespaces.lab}.node`);
      const differences = packets.flatMap((packet) => {
        const ways = follow({ ...packet, family, localAddresses: input.nodeIPs });
        const rules = [...ways.unread, formatVerdict(verdictOfWays(ways))].join(" ");
        const oracle = formatVerdict(verdictOf(decide(input, packet)));
        return rules === oracle ? [] : [{ packet: JSON.stringify(packet), rules, oracle }];
      });
      expect(differences, `seed ${seed}: ${JSON.stringify(input)}`).toEqual([]);
    }
  });
});
