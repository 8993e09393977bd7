import { describe, expect, it } from "vitest";
import { parseIptablesSave } from "../../../src/installed/iptables-rules.ts";
import { walkIptables } from "../../../src/installed/iptables-walk.ts";
import { formatVerdict, verdictOfWays } from "../../../src/installed/verdict.ts";
import type { RulePacket } from "../../../src/installed/way.ts";

const packet: RulePacket = {
  family: "ipv4",
  from: { kind: "pod", address: "10.244.0.2" },
  to: "10.96.0.10",
  port: 80,
  protocol: "TCP",
  localAddresses: ["192.168.50.11"],
};

const nat = (...rules: string[]): string =>
  ["*nat", ":PREROUTING ACCEPT [0:0]", ":SVC - [0:0]", ":A - [0:0]", ":B - [0:0]", ...rules, "COMMIT"].join("\n");

const follow = (text: string) => walkIptables(parseIptablesSave(text), packet);

describe("following a packet through iptables rules", () => {
  const service = [
    '[7:420] -A PREROUTING -d 10.96.0.10/32 -p tcp -m comment --comment "default/web \\"x\\" cluster IP" -m tcp --dport 80 -j SVC',
    "[0:0] -A A -p tcp -j DNAT --to-destination 10.244.1.2:8080",
    "[0:0] -A B -p tcp -j DNAT --to-destination 10.244.2.2:8080",
  ];

  it("takes every way that the dice allow, with its probability", () => {
    const { ways, unread } = follow(
      nat(...service, "[0:0] -A SVC -m statistic --mode random --probability 0.25 -j A", "[0:0] -A SVC -j B"),
    );
    expect(ways.map(({ probability, end }) => [probability, end])).toEqual([
      [0.25, { kind: "endpoint", endpoint: "10.244.1.2:8080", masquerade: false }],
      [0.75, { kind: "endpoint", endpoint: "10.244.2.2:8080", masquerade: false }],
    ]);
    expect(unread).toEqual([]);
    expect(ways[0]?.steps[0]).toMatchObject({ table: "nat", chain: "PREROUTING", packets: 7, effect: "jump SVC" });
  });

  it("comes back from a chain in which nothing matched", () => {
    expect(verdictOfWays(follow(nat(...service, "[0:0] -A SVC -s 10.9.9.9/32 -j A"))).kind).toBe("none");
  });

  it("names a rule that it does not understand, and continues as if it did not match", () => {
    const ways = follow(nat(...service, "[0:0] -A SVC -m set --match-set X src -j A", "[0:0] -A SVC -j B"));
    expect(ways.unread).toEqual(["-t nat -A SVC -m set --match-set X src -j A"]);
    expect(formatVerdict(verdictOfWays(ways))).toBe("10.244.2.2:8080, source kept");
  });

  it("does not name it when another match excludes the packet anyway", () => {
    expect(follow(nat(...service, "[0:0] -A SVC -p udp -m set --match-set X src -j A")).unread).toEqual([]);
  });

  it("reports how long a client is remembered, and does not take a new one for an old one", () => {
    const ways = follow(
      nat(
        ...service,
        "[0:0] -A SVC -m recent --rcheck --seconds 60 --reap --name A --mask 255.255.255.255 --rsource -j A",
        "[0:0] -A SVC -j B",
      ),
    );
    expect(ways.affinitySeconds).toBe(60);
    expect(formatVerdict(verdictOfWays(ways))).toBe("10.244.2.2:8080, source kept");
  });

  it("ends a loop of chains", () => {
    expect(follow(nat(...service, "[0:0] -A SVC -j A", "[0:0] -A A -j SVC")).ways).toHaveLength(1);
  });
});
