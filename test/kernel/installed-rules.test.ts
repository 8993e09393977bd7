/**
 * Upstream's packet flows, decided by reading: the generated rules are loaded into a namespace, listed by iptables-save or
 * nft, and followed as text. What comes out must be what upstream's tables say, and what the oracle says.
 */
import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { parseIptablesSave } from "../../src/check/installed/iptables-rules.ts";
import { walkIptables } from "../../src/check/installed/iptables-walk.ts";
import { parseNftTable } from "../../src/check/installed/nft-rules.ts";
import { walkNft } from "../../src/check/installed/nft-walk.ts";
import { formatVerdict, sameVerdict, verdictOf, verdictOfWays } from "../../src/check/installed/verdict.ts";
import type { Verdict } from "../../src/check/installed/verdict.ts";
import type { RulePacket, Ways } from "../../src/check/installed/way.ts";
import { nftLines } from "../../src/encode/nft-lines.ts";
import { decide } from "../../src/model/service-oracle.ts";
import { formatIptablesArgs } from "../../src/plan/iptables-words.ts";
import { planProxyIptables } from "../../src/plan/kube-proxy/iptables.ts";
import { planProxyNftables } from "../../src/plan/kube-proxy/nftables.ts";
import type { NftResource } from "../../src/plan/resource.ts";
import { absence, flowStages } from "../conformance/kube-proxy-flows.ts";
import type { FlowStage } from "../conformance/kube-proxy-flows.ts";
import { useNamespaces } from "./namespaces.ts";

const BUILTIN = new Set(["INPUT", "OUTPUT", "FORWARD", "PREROUTING", "POSTROUTING"]);
const missing = absence("kube-proxy");
const namespaces = useNamespaces("s4-installed");

function restoreText({ input }: FlowStage): string {
  const rules = planProxyIptables(input);
  const lines: string[] = [];
  for (const table of ["nat", "filter"] as const) {
    const own = rules.filter((rule) => rule.table === table);
    lines.push(
      `*${table}`,
      ...[...new Set(own.map((rule) => rule.chain))].map(
        (chain) => `:${chain} ${BUILTIN.has(chain) ? "ACCEPT" : "-"} [0:0]`,
      ),
    );
    for (const rule of own) if (rule.args.length > 0) lines.push(formatIptablesArgs(["-A", rule.chain, ...rule.args]));
    lines.push("COMMIT");
  }
  return `${lines.join("\n")}\n`;
}

function inNamespace(ns: string, argv: readonly string[], input?: string): string {
  return execFileSync("ip", ["netns", "exec", `${namespaces.lab}.${ns}`, ...argv], {
    encoding: "utf8",
    timeout: 10_000,
    input,
  });
}

function nftText({ input }: FlowStage): string {
  const base = { id: "nft:node", ns: "node", node: "node", cause: input.proxy.cause } as const;
  const objects = planProxyNftables(input);
  const resource: NftResource = { kind: "nft", ...base, family: input.family, table: "kube-proxy", objects };
  return `${nftLines("create", resource).join("\n")}\n`;
}

/** Loads the rules of a stage into the namespace `node`; then each packet is followed through what is listed there. */
const READERS: Readonly<Record<"iptables" | "nftables", (stage: FlowStage) => (packet: RulePacket) => Ways>> = {
  iptables: (stage) => {
    const prefix = stage.input.family === "ipv6" ? "ip6tables" : "iptables";
    inNamespace("node", [`${prefix}-restore`], restoreText(stage));
    const tables = parseIptablesSave(inNamespace("node", [`${prefix}-save`, "-c"]));
    return (packet) => walkIptables(tables, packet);
  },
  nftables: (stage) => {
    const table = ["list", "table", stage.input.family === "ipv6" ? "ip6" : "ip", "kube-proxy"];
    inNamespace("node", ["nft", "-f", "-"], nftText(stage));
    const parsed = parseNftTable(
      inNamespace("node", ["nft", "-j", ...table]),
      inNamespace("node", ["nft", "-a", ...table]),
    );
    return (packet) => walkNft(parsed, packet);
  },
};

describe.skipIf(missing !== undefined)(
  `flows read from installed rules${missing === undefined ? "" : ` (${missing})`}`,
  () => {
    for (const mode of ["iptables", "nftables"] as const) {
      const stages = missing === undefined ? flowStages(mode) : [];
      it.each(stages.map((stage) => [stage.title, stage] as const))(`${mode} %s`, (_, stage) => {
        namespaces.make("node");
        const { input } = stage;
        const follow = READERS[mode](stage);
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
  },
);

/** In the words of the tables. */
function words(verdict: Verdict): string[] {
  if (verdict.kind === "endpoints") return [...verdict.masqueraded.keys()].toSorted();
  return verdict.kind === "none" ? [] : [verdict.kind.toUpperCase()];
}
