/** The reverse way: a chain by its name, each of its rules with the line that caused it, and the rules that lead to it. */
import type { AgentClient } from "../../agent/client.ts";
import { parseIptablesSave } from "../../check/installed/iptables-rules.ts";
import type { Lab } from "../../model/lab.ts";
import type { Family } from "../../plan/resource.ts";
import type { Paint } from "../../report/color.ts";
import { ruleCauses } from "./rule-causes.ts";
import type { RulePlace } from "./rule-causes.ts";

interface ListedRule extends RulePlace {
  readonly packets?: number | undefined;
  readonly leadsTo: boolean;
}

async function iptablesRules(
  client: AgentClient,
  ns: string,
  chain: string,
  family: Family,
): Promise<readonly ListedRule[]> {
  const argv = [family === "ipv6" ? "ip6tables-save" : "iptables-save", "-c"];
  const { stdout } = await client.call("run", { ns, argv, timeout: 10_000 });
  return [...parseIptablesSave(stdout)].flatMap(([table, chains]) =>
    [...chains].flatMap(([name, { rules }]) =>
      rules.flatMap((rule, index): ListedRule[] =>
        name === chain || rule.target === chain
          ? [{ table, chain: name, index, rule: rule.text, packets: rule.packets, leadsTo: name !== chain }]
          : [],
      ),
    ),
  );
}

async function nftRules(
  client: AgentClient,
  ns: string,
  chain: string,
  family: Family,
): Promise<readonly ListedRule[]> {
  const table = "kube-proxy";
  const argv = ["nft", "list", "chain", family === "ipv6" ? "ip6" : "ip", table, chain];
  const { stdout, exitCode } = await client.call("run", { ns, argv, timeout: 10_000 });
  if (exitCode !== 0) return [];
  const lines = stdout.split("\n").flatMap((line) => /^\t\t(.+)$/.exec(line)?.[1] ?? []);
  return lines
    .filter((line) => !line.startsWith("type ") && !line.startsWith("comment "))
    .map((rule, index) => ({ table, chain, index, rule, leadsTo: false }));
}

/** Undefined: no node has such a chain. Ends with a newline. */
export async function formatChain(
  client: AgentClient,
  lab: Lab,
  chain: string,
  color: Paint,
): Promise<string | undefined> {
  for (const node of lab.cluster?.nodes ?? []) {
    for (const family of lab.families) {
      const rules = [
        ...(await iptablesRules(client, node.name, chain, family)),
        ...(await nftRules(client, node.name, chain, family)),
      ];
      if (rules.length === 0) continue;
      const { namespaces, applied } = await client.call("observe", { namespaces: [node.name] });
      const state = namespaces[node.name];
      if (state === undefined) continue;
      const causes = ruleCauses(state, applied, family);
      const format = (one: ListedRule): string => {
        const count =
          one.packets === undefined ? "" : color.gray(` (${one.packets} packet${one.packets === 1 ? "" : "s"} so far)`);
        return `  ${color.cyan(`${one.table} ${one.chain}`)}${count}\n    ${one.rule}\n    ${color.gray(`← ${causes(one)}`)}\n`;
      };
      const [to, own] = [rules.filter((one) => one.leadsTo), rules.filter((one) => !one.leadsTo)];
      return [
        `${color.bold(chain)} on ${node.name}\n`,
        ...(to.length === 0 ? [] : [`reached from\n`, ...to.map(format)]),
        ...(own.length === 0 ? ["no rules\n"] : ["its rules\n", ...own.map(format)]),
      ].join("");
    }
  }
  return undefined;
}
