/**
 * Upstream's packet flows, decided by reading: the generated rules are loaded into a namespace, listed by iptables-save or
 * nft, and followed as text. What comes out must be what upstream's tables say, and what the oracle says.
 */
import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { parseIptablesSave } from "../../src/check/installed/iptables-rules.ts";
import { walkIptables } from "../../src/check/installed/iptables-walk.ts";
import { formatVerdict, sameVerdict, verdictOf, verdictOfWays } from "../../src/check/installed/verdict.ts";
import { decide } from "../../src/model/service-oracle.ts";
import { formatIptablesArgs } from "../../src/plan/iptables-words.ts";
import { planProxyIptables } from "../../src/plan/kube-proxy/iptables.ts";
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
    lines.push(`*${table}`, ...[...new Set(own.map((rule) => rule.chain))].map((chain) => `:${chain} ${BUILTIN.has(chain) ? "ACCEPT" : "-"} [0:0]`));
    for (const rule of own) if (rule.args.length > 0) lines.push(formatIptablesArgs(["-A", rule.chain, ...rule.args]));
    lines.push("COMMIT");
  }
  return `${lines.join("\n")}\n`;
}

function inNamespace(ns: string, argv: readonly string[], input?: string): string {
  return execFileSync("ip", ["netns", "exec", `${namespaces.lab}.${ns}`, ...argv], { encoding: "utf8", timeout: 10_000, input });
}

describe.skipIf(missing !== undefined)(`flows read from installed rules${missing === undefined ? "" : ` (${missing})`}`, () => {
  const stages = missing === undefined ? flowStages("iptables") : [];
  it.each(stages.map((stage) => [stage.title, stage] as const))("iptables %s", (_, stage) => {
    namespaces.make("node");
    const { input } = stage;
    const prefix = input.family === "ipv6" ? "ip6tables" : "iptables";
    inNamespace("node", [`${prefix}-restore`], restoreText(stage));
    const tables = parseIptablesSave(inNamespace("node", [`${prefix}-save`, "-c"]));
    for (const { name, packet, output, masq } of stage.flows) {
      const ways = walkIptables(tables, { ...packet, family: input.family, localAddresses: input.nodeIPs });
      const read = verdictOfWays(ways);
      expect(ways.unread, name).toEqual([]);
      expect(ways.ways.reduce((sum, way) => sum + way.probability, 0), name).toBeCloseTo(1, 6);
      const oracle = verdictOf(decide(input, packet));
      expect(formatVerdict(read), name).toBe(formatVerdict(oracle));
      expect(sameVerdict(read, oracle), name).toBe(true);
      const words = read.kind === "endpoints" ? [...read.masqueraded.keys()] : read.kind === "none" ? [] : [read.kind.toUpperCase()];
      expect(words.toSorted(), name).toEqual([...output].toSorted());
      expect(read.kind === "endpoints" && [...read.masqueraded.values()].includes(true), name).toBe(masq);
    }
  });
});
