import { describe, expect, it } from "vitest";
import { iptablesChain, nftablesName } from "../../../../../src/cluster/kube-proxy/chain-names.ts";
import { planProxyIptables, probability } from "../../../../../src/cluster/kube-proxy/iptables/rules.ts";
import { formatIptablesArgs } from "../../../../../src/resources/iptables/table-words.ts";
import type { TopologyIptables } from "../../../../../src/fabric/topology-rule.ts";
import { withReason } from "../../../../conformance/data.ts";
import { flowStages } from "../../../../conformance/kube-proxy-flows.ts";
import { goldenInput, KUBE_PROXY_ABSENT, kubeProxyCases } from "../../../../conformance/kube-proxy.ts";

/** `*filter`, chains as upstream's test sorts them, rules by chain, as iptables-restore text. */
function restoreText(rules: readonly TopologyIptables[]): string[] {
  const out: string[] = [];
  for (const table of ["filter", "nat"] as const) {
    const own = rules.filter((rule) => rule.table === table && rule.chain.startsWith("KUBE-"));
    const rank = (chain: string): string => (["KUBE-NODEPORTS", "KUBE-SERVICES"].includes(chain) ? ` ${chain}` : chain);
    const chains = [...new Set(own.map((rule) => rule.chain))].toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1));
    out.push(`*${table}`, ...chains.map((chain) => `:${chain} - [0:0]`));
    for (const chain of chains)
      for (const rule of own)
        if (rule.chain === chain && rule.args.length > 0) out.push(formatIptablesArgs(["-A", chain, ...rule.args]));
    out.push("COMMIT");
  }
  return out;
}

describe.skipIf(KUBE_PROXY_ABSENT !== undefined)(
  withReason("kube-proxy iptables conformance", KUBE_PROXY_ABSENT),
  () => {
    const golden = kubeProxyCases("golden-rules").filter(({ backend }) => backend === "iptables");
    it.each(golden)("golden rules: $id", (one) => {
      const { randomFully = false, nfacct = false, tcpBeLiberal } = one.config;
      const text = restoreText(planProxyIptables(goldenInput(one, "iptables"), { randomFully, nfacct, tcpBeLiberal }));
      // Some cases are about single chains.
      const rules = one.rules ?? [];
      const chains = new Set(rules.flatMap((line) => /^(?:-A |:)(\S+)/.exec(line)?.[1] ?? []));
      const isMeant = (line: string): boolean => chains.has(/^-A (\S+)/.exec(line)?.[1] ?? "");
      expect(rules[0] === "*filter" ? text : text.filter(isMeant)).toEqual(
        rules[0] === "*filter" ? rules : rules.filter((line) => line.startsWith("-A ")),
      );
    });

    it.each(kubeProxyCases("chain-name-vectors"))("chain name $chain", ({ input, chain, backend }) => {
      if (backend === "nftables") {
        expect(nftablesName(chain.slice(0, chain.indexOf("-")) as "service", input)).toBe(chain);
        return;
      }
      const [, kind] = chain.split("-") as [string, "SVC" | "SEP"];
      const [, name, protocol, endpoint] = /^(.*?)(tcp|udp|sctp)([0-9[].*)?$/.exec(input) ?? [];
      expect(iptablesChain(kind, name ?? "", protocol ?? "", endpoint)).toBe(chain);
    });

    it.each(kubeProxyCases("probability-vectors"))(
      "probability of 1 in $remainingEndpoints",
      ({ remainingEndpoints, probability: text }) => {
        expect(probability(remainingEndpoints)).toBe(text);
      },
    );

    const stages = KUBE_PROXY_ABSENT === undefined ? flowStages("iptables") : [];
    const special = kubeProxyCases("packet-flows-iptables").filter(
      (one) => one.expectKubeFirewallRule !== undefined || one.expectServiceRuleForLoadBalancerIP !== undefined,
    );
    it.each(special)("$test: $name", (one) => {
      const input = stages.find((stage) => stage.title === `${one.test}: ${one.name}`)?.input;
      if (input === undefined) throw new Error("no such case");
      const text = restoreText(planProxyIptables(input, { randomFully: true, nfacct: false }));
      if (one.expectKubeFirewallRule !== undefined)
        expect(text.some((line) => line.includes("block incoming localnet connections"))).toBe(
          one.expectKubeFirewallRule,
        );
      const balancer = one.expectServiceRuleForLoadBalancerIP;
      if (balancer !== undefined)
        expect(text.some((line) => line.startsWith("-A KUBE-SERVICES ") && line.includes(`-d ${balancer.ip} `))).toBe(
          balancer.exists,
        );
    });
  },
);
