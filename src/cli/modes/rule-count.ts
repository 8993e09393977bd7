/** How much a mode of kube-proxy has on a node: what its tools list, counted. */
import type { AgentClient } from "../../agent/client.ts";
import { parseIpvsSave } from "../../installed/ipvs-walk.ts";
import { parseIptablesSave } from "../../installed/iptables-rules.ts";
import { parseNftTable } from "../../installed/nft-rules.ts";
import { output } from "../../installed/read-rules.ts";
import type { ProxyEngine } from "../../kube/service/service.ts";
import { SERVICE_TABLE } from "../../resources/policy-names.ts";
import type { Family } from "../../net/family.ts";

type Count = (client: AgentClient, ns: string, family: Family) => Promise<string>;

function words(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Rules in and to kube-proxy's own chains. */
async function iptablesRules(client: AgentClient, ns: string, family: Family): Promise<number> {
  const text = await output(client, ns, [family === "ipv6" ? "ip6tables-save" : "iptables-save"]);
  let count = 0;
  for (const chains of parseIptablesSave(text).values())
    for (const [name, { rules }] of chains)
      count += rules.filter(({ target }) => name.startsWith("KUBE-") || target?.startsWith("KUBE-") === true).length;
  return count;
}

export const RULE_COUNTS = {
  iptables: async (client, ns, family) => words(await iptablesRules(client, ns, family), "rule"),
  nftables: async (client, ns, family) => {
    const json = await output(client, ns, [
      "nft",
      "-j",
      "list",
      "table",
      family === "ipv6" ? "ip6" : "ip",
      SERVICE_TABLE,
    ]);
    const { chains, elements } = parseNftTable(json, "");
    const rules = [...chains.values()].reduce((sum, chain) => sum + chain.rules.length, 0);
    const inMaps = [...elements.values()].reduce((sum, one) => sum + one.length, 0);
    return `${words(rules, "rule")}, ${words(inMaps, "element")}`;
  },
  userspace: async (client, ns, family) => {
    const [rules, { proxies }] = await Promise.all([iptablesRules(client, ns, family), client.call("proxies", { ns })]);
    const own = proxies.filter(({ spec }) => spec.family === family).length;
    return `${words(rules, "rule")}, ${own} ${own === 1 ? "proxy" : "proxies"}`;
  },
  ipvs: async (client, ns, family) => {
    const [rules, servers, sets] = await Promise.all([
      iptablesRules(client, ns, family),
      output(client, ns, ["ipvsadm", "--save", "-n"]),
      output(client, ns, ["ipset", "save"]),
    ]);
    const own = parseIpvsSave(servers).filter((server) => server.address.includes(":") === (family === "ipv6"));
    const prefix = family === "ipv6" ? "add KUBE-6-" : "add KUBE-";
    const entries = sets
      .split("\n")
      .filter((line) => line.startsWith(prefix) && (family === "ipv6" || !line.startsWith("add KUBE-6-")));
    return `${words(rules, "rule")}, ${words(own.length, "virtual server")}, ${entries.length} set entries`;
  },
} satisfies Record<ProxyEngine, Count>;
