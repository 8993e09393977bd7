/** The reverse way: a chain by its name, each of its rules with the line that caused it, and the rules that lead to it. */
import { count } from "../../counting.ts";
import type { AgentClient } from "../../agent/client.ts";
import { parseIptablesSave } from "../../installed/iptables-rules.ts";
import type { Lab } from "../../lab/lab.ts";
import type { Family } from "../../net/family.ts";
import type { Paint } from "../../report/color.ts";
import { ruleCauses } from "../../installed/rule-causes.ts";
import type { RulePlace } from "../../resources/definition.ts";
import { labNodes } from "../../cluster/lab-clusters.ts";

/** Bytes of a listing: 10,000 Services have 10 MB of rules. */
const LIMIT = 64 * 1024 * 1024;

interface ListedRule extends Omit<RulePlace, "family"> {
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
  const { stdout } = await client.call("run", { ns, argv, timeout: 10_000, outputLimit: LIMIT });
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

/** `goto X`, `jump X`, also as the verdict of a map's element. */
function leadsTo(text: string, chain: string): boolean {
  return text.split(/[\s,{}]+/).some((word, i, words) => word === chain && /^(goto|jump)$/.test(words[i - 1] ?? ""));
}

/** Rules and elements of maps as `nft list table` shows them: the chain's own, and those that lead to it. */
export function listedNftRules(table: string, listing: string, chain: string): readonly ListedRule[] {
  const found: ListedRule[] = [];
  let place: { readonly kind: string; readonly name: string } | undefined;
  let index = 0;
  for (const line of listing.split("\n")) {
    const [, kind, name] = /^\t(chain|set|map) (\S+) \{/.exec(line) ?? [];
    if (kind !== undefined && name !== undefined) {
      place = { kind, name };
      index = 0;
      continue;
    }
    const text = line.trim();
    if (place?.kind === "map") {
      const element = text.replace(/^elements = \{ /, "").replace(/( \}|,)$/, "");
      const effect = /: ((?:goto|jump) \S+)$/.exec(element)?.[1];
      if (effect !== undefined && leadsTo(effect, chain))
        found.push({ table, chain: `map ${place.name}`, index: 0, rule: element, effect, leadsTo: true });
    } else if (place?.kind === "chain" && /^\t\t\S/.test(line) && !/^(type|comment) /.test(text)) {
      if (place.name === chain || leadsTo(text, chain))
        found.push({ table, chain: place.name, index, rule: text, leadsTo: place.name !== chain });
      index++;
    }
  }
  return found;
}

async function nftRules(
  client: AgentClient,
  ns: string,
  chain: string,
  family: Family,
): Promise<readonly ListedRule[]> {
  const table = "kube-proxy";
  const argv = ["nft", "list", "table", family === "ipv6" ? "ip6" : "ip", table];
  const { stdout, exitCode } = await client.call("run", { ns, argv, timeout: 10_000, outputLimit: LIMIT });
  return exitCode === 0 ? listedNftRules(table, stdout, chain) : [];
}

/** Undefined: no node has such a chain. Ends with a newline. */
export async function formatChain(
  client: AgentClient,
  lab: Lab,
  chain: string,
  color: Paint,
): Promise<string | undefined> {
  for (const node of labNodes(lab)) {
    for (const family of lab.families) {
      const rules = [
        ...(await iptablesRules(client, node.name, chain, family)),
        ...(await nftRules(client, node.name, chain, family)),
      ];
      if (rules.length === 0) continue;
      const { namespaces, applied } = await client.observe({ namespaces: [node.name], applied: "there" });
      const state = namespaces[node.name];
      if (state === undefined) continue;
      const causes = ruleCauses(state, applied, family);
      const format = (one: ListedRule): string => {
        const seen = one.packets === undefined ? "" : color.gray(` (${count(one.packets, "packet")} so far)`);
        return `  ${color.cyan(`${one.table} ${one.chain}`)}${seen}\n    ${one.rule}\n    ${color.gray(`← ${causes(one)}`)}\n`;
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
