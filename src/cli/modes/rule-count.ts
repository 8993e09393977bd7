/** How much a mode of kube-proxy has on a node: what its tools list, counted. */
import { count } from "../../counting.ts";
import type { AgentClient } from "../../agent/client.ts";
import { parseIpvsSave } from "../../installed/ipvs-walk.ts";
import { parseIptablesSave } from "../../installed/iptables-rules.ts";
import { parseNftTable } from "../../installed/nft-rules.ts";
import { output } from "../../installed/read-rules.ts";
import type { ProxyEngine } from "../../kube/service/service.ts";
import { SERVICE_TABLE } from "../../resources/policy-names.ts";
import type { Family } from "../../net/family.ts";

type Count = (client: AgentClient, ns: string, family: Family) => Promise<string>;

/** Rules in and to kube-proxy's own chains. */
async function iptablesRules(client: AgentClient, ns: string, family: Family): Promise<number> {
  const text = await output(client, ns, [family === "ipv6" ? "ip6tables-save" : "iptables-save"]);
  const chains = [...parseIptablesSave(text).values()].flatMap((table) => [...table]);
  return chains.flatMap(([name, { rules }]) =>
    rules.filter(({ target }) => name.startsWith("KUBE-") || target?.startsWith("KUBE-") === true),
  ).length;
}

async function ipvsCounts(client: AgentClient, ns: string, family: Family, entry: RegExp): Promise<string> {
  const [rules, servers, sets] = await Promise.all([
    iptablesRules(client, ns, family),
    output(client, ns, ["ipvsadm", "--save", "-n"]),
    output(client, ns, ["ipset", "save"]),
  ]);
  const own = parseIpvsSave(servers).filter((server) => server.family === family);
  const entries = sets.split("\n").filter((line) => entry.test(line));
  return `${count(rules, "rule")}, ${count(own.length, "virtual server")}, ${entries.length} set entries`;
}

export const RULE_COUNTS = {
  iptables: async (client, ns, family) => count(await iptablesRules(client, ns, family), "rule"),
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
    return `${count(rules, "rule")}, ${count(inMaps, "element")}`;
  },
  userspace: async (client, ns, family) => {
    const [rules, { proxies }] = await Promise.all([iptablesRules(client, ns, family), client.call("proxies", { ns })]);
    const own = proxies.filter(({ spec }) => spec.family === family).length;
    return `${count(rules, "rule")}, ${count(own, "proxy", "proxies")}`;
  },
  ipvs: (client, ns, family) => ipvsCounts(client, ns, family, family === "ipv6" ? /^add KUBE-6-/ : /^add KUBE-(?!6-)/),
  "kube-router": (client, ns, family) =>
    ipvsCounts(client, ns, family, family === "ipv6" ? /^add inet6:kube-router-/ : /^add kube-router-/),
} satisfies Record<ProxyEngine, Count>;
