/**
 * kube-router's service proxy, its rules, sets and virtual servers read as their tools would list them: what they do with random
 * packets to random Services is what the oracle says.
 */
import { describe, expect, it } from "vitest";
import { routerProxy } from "../../../../../../src/cluster/cni/kube-router/proxy/mode.ts";
import { routerServices } from "../../../../../../src/cluster/cni/kube-router/proxy/services.ts";
import type { KubeRouterModel } from "../../../../../../src/cluster/cni/kube-router/model.ts";
import { NodeDraft } from "../../../../../../src/fabric/node-draft.ts";
import { IpSets } from "../../../../../../src/installed/ip-sets.ts";
import { parseIptablesSave } from "../../../../../../src/installed/iptables-rules.ts";
import { parseIpvsSave, walkIpvs } from "../../../../../../src/installed/ipvs-walk.ts";
import { formatVerdict, verdictOf, verdictOfWays } from "../../../../../../src/installed/verdict.ts";
import type { ProxyInput, ServiceModel } from "../../../../../../src/kube/service/service.ts";
import type { Family } from "../../../../../../src/net/family.ts";
import { decide } from "../../../../../../src/oracle/service/service-oracle.ts";
import { ipsetLines } from "../../../../../../src/resources/ipset/lines.ts";
import { formatIptablesArgs } from "../../../../../../src/resources/iptables/table-words.ts";
import { randomCluster } from "../../../../../kernel/random-services.ts";

const SEEDS = 20;
const CAUSE = { source: { file: "", line: 1, column: 1 }, object: "", reason: "" };
const BUILTIN = new Set(["INPUT", "OUTPUT", "FORWARD", "PREROUTING", "POSTROUTING"]);
const NODE_CIDR = { ipv4: "10.180.0.0/27", ipv6: "fd00:10::/123" } as const;

/** Annotations by turns. */
const ANNOTATIONS = [
  {},
  { "kube-router.io/service.local": "true" },
  { "kube-router.io/service.dsr": "tunnel" },
  { "kube-router.io/service.hairpin": "" },
  { "kube-router.io/service.dsr": "tunnel", "kube-router.io/service.local": "true" },
  { "kube-router.io/service.skiplbips": "" },
  { "kube-router.io/service.hairpin": "", "kube-router.io/service.hairpin.externalips": "" },
] as const;

/** As iptables-save prints it. */
function saved(draft: NodeDraft): string {
  const rules = draft.rulesOf("kube-proxy");
  return ["mangle", "nat", "filter"]
    .flatMap((table) => {
      const own = rules.filter((rule) => rule.table === table);
      return [
        `*${table}`,
        ...[...new Set(own.map(({ chain }) => chain))].map(
          (chain) => `:${chain} ${BUILTIN.has(chain) ? "ACCEPT" : "-"} [0:0]`,
        ),
        ...own.map(({ chain, args }) =>
          formatIptablesArgs(["-A", chain, ...args]).replace("--set-mark", "--set-xmark"),
        ),
        "COMMIT",
      ];
    })
    .join("\n");
}

function input(
  seed: number,
  family: Family,
): { input: ProxyInput; packets: ReturnType<typeof randomCluster>["packets"] } {
  const { input: given, packets } = randomCluster(seed, "kube-router", family);
  const annotated = given.services.map((one, i): ServiceModel => ({
    ...one,
    annotations: { ...ANNOTATIONS[(seed + i) % ANNOTATIONS.length] },
  }));
  const serviceRanges = { strict: false, externalIPs: [], loadBalancerIPs: [] };
  const cni = {
    plugin: "kube-router",
    proxy: { hairpin: false },
    serviceRanges,
    cause: CAUSE,
  } as unknown as KubeRouterModel;
  const services = routerServices({ cni, services: annotated });
  // All addresses or the primary one: kube-router knows no ranges.
  const nodePortAddresses = given.proxy.nodePortAddresses && ["0.0.0.0/0", "::/0"];
  return {
    input: { ...given, services, nodeCIDR: NODE_CIDR[family], proxy: { ...given.proxy, nodePortAddresses } },
    packets,
  };
}

describe.each(["ipv4", "ipv6"] as const)("kube-router's service proxy, %s", (family) => {
  it("does what the oracle says", () => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { input: own, packets } = input(seed, family);
      const draft = new NodeDraft("node1", "node", CAUSE);
      routerProxy.devices?.(own, draft);
      const bound = draft.of("addr").map(({ address }) => address.split("/")[0] ?? "");
      routerProxy.rules(own, draft);
      const base = { kind: "ipset", id: "", ns: "n", node: "n" } as const;
      const lines = draft.of("ipset").flatMap((set) => ipsetLines("create", { ...base, ...set }));
      const sets = new IpSets(lines.map((words) => words.join(" ")).join("\n"));
      const servers = parseIpvsSave(
        draft
          .of("ipvs")
          .flatMap((one) => one.lines.map(({ text }) => text))
          .join("\n"),
      );
      const tables = parseIptablesSave(saved(draft));
      for (const packet of packets) {
        const ways = walkIpvs(tables, sets, servers, {
          ...packet,
          family,
          localAddresses: [...own.nodeIPs, ...bound],
        });
        const oracle = formatVerdict(verdictOf(decide(own, packet)));
        const text = `${seed}: ${packet.from.kind} ${packet.from.address} to ${packet.to}:${packet.port} ${packet.protocol}`;
        expect(ways.unread, text).toEqual([]);
        expect(`${text} ${formatVerdict(verdictOfWays(ways))}`).toBe(`${text} ${oracle}`);
        seen.add(oracle.replaceAll(/\S*\d\S*/g, ""));
      }
    }
    // Not all of one kind.
    expect(seen.size).toBeGreaterThan(4);
  });
});
