import { describe, expect, it } from "vitest";
import { nftLines } from "../../../../../src/resources/nft/lines.ts";
import type { ProxyInput } from "../../../../../src/kube/service/service.ts";
import { planProxyNftables } from "../../../../../src/cluster/kube-proxy/nftables/rules.ts";
import { goldenInput, kubeProxyCases } from "../../../../conformance/kube-proxy.ts";
import { endpoint, input, service } from "../service-fixture.ts";

/** As `nft -f` gets it, without what clears the table first. */
function lines(of: ProxyInput): string[] {
  const base = { id: "nft:node", ns: "node", node: "node", cause: of.proxy.cause } as const;
  const objects = planProxyNftables(of);
  const table = { family: of.family, table: "kube-proxy", comment: "rules for kube-proxy" } as const;
  return [...nftLines("create", { kind: "nft", ...base, ...table, objects })].slice(2);
}

/** Lines about one chain in their order; the order of chains and elements does not matter. */
function byObject(all: readonly string[]): Record<string, string[]> {
  const sorted: Record<string, string[]> = {};
  for (const line of all.map((it) => it.trim().replaceAll(/\s+/g, " ")).filter((it) => it.startsWith("add "))) {
    const [, kind = "", , , name = ""] = line.split(" ");
    (sorted[kind === "rule" ? `rules ${name}` : kind] ??= []).push(line);
  }
  for (const [key, list] of Object.entries(sorted)) if (!key.startsWith("rules ")) list.sort();
  return sorted;
}

describe("kube-proxy in nftables mode", () => {
  const mode = { proxy: { mode: "nftables" as const } };
  const rulesOf = (of: ProxyInput, kind: string): string[] =>
    lines(of).flatMap(
      (line) => new RegExp(`^add rule ip kube-proxy ${kind}-[A-Z2-7]{8}-\\S+ (.*)$`).exec(line)?.[1] ?? [],
    );

  it("chooses among endpoints by one roll of the dice, after affinity", () => {
    const two = input([service({ affinitySeconds: 60 })], [endpoint("10.0.1.1"), endpoint("10.0.1.2")], mode);
    expect(rulesOf(two, "service").map((rule) => rule.replaceAll(/-[A-Z2-7]{8}-\S+/g, ""))).toEqual([
      "ip daddr 172.30.0.41 ip saddr != 10.0.0.0/8 jump mark-for-masquerade",
      "ip saddr @affinity goto endpoint",
      "ip saddr @affinity goto endpoint",
      "numgen random mod 2 vmap { 0 : goto endpoint , 1 : goto endpoint }",
    ]);
  });

  it("masquerades all, or nothing but hairpins where pods are not distinguished from others", () => {
    const all = input([service()], [endpoint("10.0.1.1")], { proxy: { mode: "nftables", masqueradeAll: true } });
    expect(rulesOf(all, "service")[0]).toBe("ip daddr 172.30.0.41 jump mark-for-masquerade");
    const none = input([service()], [endpoint("10.0.1.1")], { ...mode, podCIDR: undefined });
    expect(rulesOf(none, "service")[0]).toMatch(/^numgen/);
    expect(rulesOf(none, "endpoint")[0]).toBe("ip saddr 10.0.1.1 jump mark-for-masquerade");
  });

  // Upstream's own sets, where the data has some.
  const golden = kubeProxyCases("golden-rules").filter(({ backend, rules }) => backend === "nftables" && rules);
  it.each(golden)("golden rules: $id", (one) => {
    const nodePortAddresses = one.config.nodePortAddresses ?? ["192.168.0.2/32"];
    const config = { serviceCIDRs: "172.30.0.0/16", ...one.config, nodePortAddresses };
    expect(byObject(lines(goldenInput({ ...one, config }, "nftables")))).toEqual(byObject(one.rules ?? []));
  });

  it("lets in source ranges, and the load balancer's own address where the node is inside", () => {
    const guarded = service({
      type: "LoadBalancer",
      loadBalancerIPs: [{ ip: "192.0.2.9", ipMode: "VIP" }],
      loadBalancerSourceRanges: ["192.168.0.0/24", " 203.0.113.0/25"],
    });
    expect(rulesOf(input([guarded], [endpoint("10.0.1.1")], mode), "firewall")).toEqual([
      "ip saddr != { 192.168.0.0/24 , 203.0.113.0/25 , 192.0.2.9 } drop",
    ]);
  });
});
