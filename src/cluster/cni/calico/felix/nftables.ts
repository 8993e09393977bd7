/** Felix' table `calico` of nftables: base chains that all have, its own chains, sets and maps (felix/nftables/table.go, ipsets.go, maps.go). */
import { because } from "../../../../cause.ts";
import type { Cause } from "../../../../cause.ts";
import type { Family } from "../../../../net/family.ts";
import { prefixContains } from "../../../../net/address.ts";
import { HOST_LENGTH, modelPrefix } from "../../../../net/families.ts";
import type { NodeDraft } from "../../../../fabric/node-draft.ts";
import type { NftChain, NftRule, NftSet } from "../../../../resources/nft-table.ts";
import { CALICO_TABLE } from "../../../../resources/policy-names.ts";
import { nftChain, nftComment, nftHashes, nftRuleText, nftSet } from "./nft-text.ts";
import type { NftPlace } from "./nft-text.ts";
import type { FelixRule } from "./rule.ts";
import type { FelixSet, FelixTable, FelixTables } from "./tables.ts";

/** As in the original; `srcnat + 10` is behind kube-proxy's own masquerading. */
const PRIORITIES = { raw: -300, mangle: -150, dstnat: -100, filter: 0, "srcnat+10": 110 } as const;

const BASE_CHAINS: readonly (readonly [name: string, type: string, priority: keyof typeof PRIORITIES])[] = [
  ["raw-PREROUTING", "filter", "raw"],
  ["raw-OUTPUT", "filter", "raw"],
  ["mangle-PREROUTING", "filter", "mangle"],
  ["mangle-INPUT", "filter", "mangle"],
  ["mangle-FORWARD", "filter", "mangle"],
  ["mangle-OUTPUT", "route", "mangle"],
  ["mangle-POSTROUTING", "filter", "mangle"],
  ["nat-PREROUTING", "nat", "dstnat"],
  ["nat-INPUT", "nat", "dstnat"],
  ["nat-OUTPUT", "nat", "srcnat+10"],
  ["nat-POSTROUTING", "nat", "srcnat+10"],
  ["filter-INPUT", "filter", "filter"],
  ["filter-FORWARD", "filter", "filter"],
  ["filter-OUTPUT", "filter", "filter"],
];

function hookOf(name: string, type: string, priority: keyof typeof PRIORITIES): string {
  const hook = name.slice(name.indexOf("-") + 1).toLowerCase();
  return `type ${type} hook ${hook} priority ${PRIORITIES[priority]}`;
}

const ADDRESS = { ipv4: "ipv4_addr", ipv6: "ipv6_addr" } as const;

/** A set of intervals takes none that is part of another. */
function disjoint(entries: readonly string[], family: Family): readonly string[] {
  const all = entries.map((text) => ({
    text,
    prefix: modelPrefix(text.includes("/") ? text : `${text}/${HOST_LENGTH[family]}`),
  }));
  const kept: typeof all = [];
  const byStart = all.toSorted(({ prefix: a }, { prefix: b }) => Number(a.value - b.value) || a.length - b.length);
  for (const one of byStart) {
    const last = kept.at(-1);
    if (last === undefined || !prefixContains(last.prefix, one.prefix)) kept.push(one);
  }
  const texts = new Set(kept.map(({ text }) => text));
  return entries.filter((text) => texts.has(text));
}

function setObject({ name, type, entries, cause }: FelixSet, family: Family): NftSet {
  const address = ADDRESS[family];
  const texts =
    type === "hash:net"
      ? disjoint(entries, family)
      : type === "hash:ip,port"
        ? entries.map((entry) => entry.replace(/,(\w+):(\d+)$/, " . $1 . $2"))
        : entries;
  return {
    kind: "set",
    name: nftSet(name),
    type: type === "hash:ip,port" ? `${address} . inet_proto . inet_service` : address,
    ...(type === "hash:net" ? { flags: ["interval"] } : {}),
    elements: texts.map((text) => ({ text, cause })),
  };
}

/** `oldWords`: as in NftPlace. */
export function nftablesTables(family: Family, draft: NodeDraft, oldWords: boolean): FelixTables {
  const bases = new Map<string, NftRule[]>(BASE_CHAINS.map(([name]) => [name, []]));
  const chains = new Map<string, readonly NftRule[]>();
  const maps: { readonly name: string; readonly to: ReadonlyMap<string, string>; readonly cause: Cause }[] = [];
  const sets: NftSet[] = [];

  const render = (table: FelixTable, hashed: string, rules: readonly FelixRule[], cause: Cause): readonly NftRule[] => {
    const place: NftPlace = { family, table, oldWords };
    const texts = rules.map((one) => nftRuleText(one, place));
    const hashes = nftHashes(hashed, texts);
    return rules.map((one, i) => {
      const { action, comments } = one;
      if (action?.does === "dispatch") {
        const to = new Map([...action.to].map(([device, chain]) => [device, nftChain(table, chain)]));
        maps.push({ name: nftChain(table, action.map), to, cause });
      }
      return {
        text: `${texts[i]} comment "${nftComment(hashes[i] ?? "", comments)}"`,
        cause: one.cause ?? cause,
      };
    });
  };

  /** An element is there because of the pod whose chain it leads to. */
  const mapObject = ({ name, to, cause }: (typeof maps)[number]): NftSet => ({
    kind: "map",
    name,
    type: "ifname : verdict",
    elements: [...to].map(([device, chain]) => ({
      text: `${device} : goto ${chain}`,
      cause: chains.get(chain)?.[0]?.cause ?? cause,
    })),
  });

  return {
    add(table, { name, rules }, cause) {
      const full = nftChain(table, name);
      chains.set(full, render(table, full, rules, cause));
    },
    enter(table, from, rules, cause, place) {
      const name = nftChain(table, from);
      const appended = place === "last" ? "*appends*" : "";
      bases.get(name)?.push(...render(table, `${name}${appended}`, rules, cause));
    },
    addSet: (set) => void sets.push(setObject(set, family)),
    finish(cause) {
      draft.add({
        kind: "nft",
        owner: "cni-policy",
        family,
        table: CALICO_TABLE,
        objects: [
          ...sets,
          ...maps.map(mapObject),
          ...BASE_CHAINS.map(([name, type, priority]): NftChain => ({
            kind: "chain",
            name,
            hook: hookOf(name, type, priority),
            rules: bases.get(name) ?? [],
          })),
          ...[...chains].map(([name, rules]): NftChain => ({ kind: "chain", name, rules })),
        ],
        cause: because(cause, "Felix in nftables mode"),
      });
    },
  };
}
