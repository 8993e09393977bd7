/** Rules, chains, policies and nftables tables of a namespace that are not the lab's. */
import type { Family } from "../../net/family.ts";
import type { IptablesResource } from "./definition.ts";
import type { AdoptedPart } from "../adopted/part.ts";
import type { OwnSettings } from "../own-settings.ts";
import type { NamespaceState } from "../observed.ts";
import { FAMILIES } from "../../net/families.ts";
import { NFT_FAMILY } from "../nft-table.ts";
import type { Found } from "../foreign-object.ts";
import { ruleWords } from "./rule-text.ts";

const TOOL = { ipv4: "iptables", ipv6: "ip6tables" } as const satisfies Record<Family, string>;
const NFT_OF = { ipv4: "ip", ipv6: "ip6" } as const satisfies Record<Family, string>;
/** Tables that iptables-nft keeps in nftables under these names. */
const XTABLES: ReadonlySet<string> = new Set(["raw", "mangle", "nat", "filter", "security"]);

type Fingerprints = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** What is in `actual` more often than in `expected`. */
export function surplus(actual: readonly string[], expected: readonly string[]): readonly string[] {
  const left = [...expected];
  return actual.filter((rule) => {
    const at = left.indexOf(rule);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** A chain that others jump to cannot go: their rules are named as well. */
function dropChain(tool: readonly string[], name: string): readonly string[] {
  const both = `${tool.join(" ")} -F "$0" && ${tool.join(" ")} -X "$0"`;
  return ["sh", "-c", both, name];
}

function strangeTable(
  family: Family,
  table: string,
  chains: Readonly<Record<string, { readonly policy: string; readonly rules: readonly string[] }>>,
  own: IptablesResource | undefined,
  after: Readonly<Record<string, readonly string[]>> | undefined,
  adopted: readonly AdoptedPart[],
): readonly Found[] {
  const tool = [TOOL[family], ...(table === "filter" ? [] : ["-t", table])];
  const where = `${TOOL[family]} ${table}`;
  const ours = new Map(own?.chains.map((chain) => [chain.name, chain]));
  // What was made is not known: nothing can be distinguished.
  if (own !== undefined && after === undefined) return [];
  return Object.entries(chains).flatMap(([name, { policy, rules }]): readonly Found[] => {
    const chain = ours.get(name);
    // What is wrong with a chain of the lab's own is a difference: `up` writes it again.
    if (chain !== undefined && !chain.builtin) return [];
    const isAdopted = adopted.some((part) => part.type === "chain" && part.chain === name);
    if (policy === "-" && !isAdopted) return [{ what: `${where}: chain ${name}`, remove: dropChain(tool, name) }];
    const saved = after?.[name] ?? [];
    const expected = chain === undefined ? [] : saved.slice(Math.max(0, saved.length - chain.rules.length));
    const plugins = adopted.flatMap((part) => (part.type === "rule" && part.chain === name ? [part.rule] : []));
    const added = surplus(rules, [...expected, ...plugins]).map((rule): Found => ({
      what: `${where}: rule ${name} ${rule}`,
      remove: [...tool, "-D", name, ...ruleWords(rule)],
    }));
    return chain?.policy !== undefined || policy === "ACCEPT" || isAdopted
      ? added
      : [...added, { what: `${where}: policy ${policy} of ${name}`, remove: [...tool, "-P", name, "ACCEPT"] }];
  });
}

/** `rest`: the lab's resources in the namespace; `after`: what was read back after they were applied. */
export function strangeRules(
  state: NamespaceState,
  { rest: own, tables: others }: Pick<OwnSettings, "rest" | "tables">,
  after: Fingerprints,
): readonly Found[] {
  // Each once: as it is wanted, and as it was applied.
  const parts = new Map(own.flatMap((one) => (one.kind === "adopted" ? [[one.id, one.part] as const] : [])))
    .values()
    .toArray();
  const iptables = FAMILIES.flatMap((family) =>
    Object.entries(state.iptables[family] ?? {}).flatMap(([table, chains]) => {
      const resource = own.findLast(
        (one): one is IptablesResource => one.kind === "iptables" && one.family === family && one.table === table,
      );
      const adopted = parts.filter((part) => "family" in part && part.family === family && part.table === table);
      return strangeTable(family, table, chains, resource, after[resource?.id ?? ""], adopted);
    }),
  );
  const tables = new Set(own.flatMap((one) => (one.kind === "nft" ? [`${NFT_FAMILY[one.family]} ${one.table}`] : [])));
  const isXtables = (name: string): boolean =>
    FAMILIES.some(
      (family) => XTABLES.has(name.slice(NFT_OF[family].length + 1)) && name.startsWith(`${NFT_OF[family]} `),
    );
  const nft = (state.nftTables ?? [])
    .filter((name) => !tables.has(name) && !others.has(name) && !isXtables(name))
    .map((name): Found => ({ what: `nft table ${name}`, remove: ["nft", "delete", "table", ...name.split(" ")] }));
  return [...iptables, ...nft];
}
