/** kube-proxy's rules of an input, loaded into a namespace, listed there by the tools, and followed as text. */
import { execFileSync } from "node:child_process";
import { parseIptablesSave } from "../../src/installed/iptables-rules.ts";
import { walkIptables } from "../../src/installed/iptables-walk.ts";
import { parseNftTable } from "../../src/installed/nft-rules.ts";
import { walkNft } from "../../src/installed/nft-walk.ts";
import type { RulePacket, Ways } from "../../src/installed/way.ts";
import { nftLines } from "../../src/resources/nft/lines.ts";
import type { ProxyInput } from "../../src/kube/service/service.ts";
import { formatIptablesArgs } from "../../src/resources/iptables/table-words.ts";
import { planProxyIptables } from "../../src/cluster/kube-proxy/iptables/rules.ts";
import { planProxyNftables } from "../../src/cluster/kube-proxy/nftables/rules.ts";
import type { NftResource } from "../../src/resources/nft/definition.ts";

const BUILTIN = new Set(["INPUT", "OUTPUT", "FORWARD", "PREROUTING", "POSTROUTING"]);

function restoreText(input: ProxyInput): string {
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

function nftText(input: ProxyInput): string {
  const base = { id: "nft:node", ns: "node", node: "node", cause: input.proxy.cause } as const;
  const objects = planProxyNftables(input);
  const resource: NftResource = { kind: "nft", ...base, family: input.family, table: "kube-proxy", objects };
  return `${nftLines("create", resource).join("\n")}\n`;
}

/** What loads the rules in the namespace of this name on the host, in place of those that are there, and follows packets. */
export type RulesReader = (input: ProxyInput, netns: string) => (packet: RulePacket) => Ways;

function inNamespace(netns: string, argv: readonly string[], input?: string): string {
  return execFileSync("ip", ["netns", "exec", netns, ...argv], { encoding: "utf8", timeout: 10_000, input });
}

export const RULES_READERS: Readonly<Record<"iptables" | "nftables", RulesReader>> = {
  iptables: (input, netns) => {
    const prefix = input.family === "ipv6" ? "ip6tables" : "iptables";
    inNamespace(netns, [`${prefix}-restore`], restoreText(input));
    const tables = parseIptablesSave(inNamespace(netns, [`${prefix}-save`, "-c"]));
    return (packet) => walkIptables(tables, packet);
  },
  nftables: (input, netns) => {
    const table = ["list", "table", input.family === "ipv6" ? "ip6" : "ip", "kube-proxy"];
    inNamespace(netns, ["nft", "-f", "-"], `flush ruleset\n${nftText(input)}`);
    const parsed = parseNftTable(
      inNamespace(netns, ["nft", "-j", ...table]),
      inNamespace(netns, ["nft", "-a", ...table]),
    );
    return (packet) => walkNft(parsed, packet);
  },
};
