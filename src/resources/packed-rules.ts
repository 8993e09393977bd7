/** Rules of a namespace as tools show them, with numbers of a table of listings in place of what other namespaces have too. */
import { perObject } from "../memo.ts";
import type { Family } from "../net/family.ts";
import type { ListingTable, Runs } from "./listings.ts";
import type { NftFamily } from "./nft/definition.ts";
import type { NamespaceState, ObservedIptables, ObservedNft } from "./observed.ts";

/** What tools say of the rules of a namespace. */
export type SavedRules = Pick<NamespaceState, "iptables" | "ipsets" | "ipvs" | "fou" | "nft" | "nftTables">;
type Sets = NonNullable<SavedRules["ipsets"]>;

/** Named lists, and a word about each of them; absent where the word is `-`. */
interface PackedLists {
  readonly runs: Runs;
  readonly words: Readonly<Record<string, string>>;
}

export interface PackedRules extends Pick<SavedRules, "ipvs" | "fou" | "nftTables"> {
  readonly iptables: Readonly<Partial<Record<Family, Readonly<Record<string, PackedLists>>>>>;
  readonly nft?: Readonly<Partial<Record<NftFamily, Readonly<Record<string, Runs>>>>> | undefined;
  readonly ipsets?: PackedLists | undefined;
}

/** The policy of a chain that is not built in. */
const NO_POLICY = "-";

const ownChain = perObject((rules: readonly string[]) => ({ policy: NO_POLICY, rules }));

function eachOf<K extends string, V, R>(record: Readonly<Partial<Record<K, V>>>, make: (value: V) => R): Record<K, R> {
  return Object.fromEntries(
    Object.entries<V | undefined>(record).map(([key, value]) => [key, make(value as V)]),
  ) as Record<K, R>;
}

function packLists(
  lists: readonly (readonly [string, string, readonly string[]])[],
  listings: ListingTable,
): PackedLists {
  return {
    runs: listings.numbersOfEach(lists.map(([name, , lines]) => [name, lines])),
    words: Object.fromEntries(lists.flatMap(([name, word]) => (word === NO_POLICY ? [] : [[name, word]]))),
  };
}

export function packRules({ iptables, nft, ipsets, ...rest }: SavedRules, listings: ListingTable): PackedRules {
  const packTable = (chains: ObservedIptables[string]): PackedLists =>
    packLists(
      Object.entries(chains).map(([name, { policy, rules }]) => [name, policy, rules]),
      listings,
    );
  const packSets = (sets: Sets): PackedLists =>
    packLists(
      Object.entries(sets).map(([name, { type, entries }]) => [name, type, entries]),
      listings,
    );
  const packNft = (tables: ObservedNft): Record<string, Runs> => eachOf(tables, (table) => listings.numbersOf(table));
  return {
    ...rest,
    iptables: eachOf(iptables, (tables) => eachOf(tables, packTable)),
    ...(nft === undefined ? {} : { nft: eachOf(nft, packNft) }),
    ...(ipsets === undefined ? {} : { ipsets: packSets(ipsets) }),
  };
}

/** Lists that several namespaces have are the very same afterwards, and keep nothing of a tool's output in memory. */
export function unpackRules({ iptables, nft, ipsets, ...rest }: PackedRules, listings: ListingTable): SavedRules {
  const unpackTable = ({ runs, words }: PackedLists): ObservedIptables[string] =>
    Object.fromEntries(
      listings.entriesAt(runs).map(([name, rules]) => {
        const policy = Object.hasOwn(words, name) ? words[name] : undefined;
        return [name, policy === undefined ? ownChain(rules) : { policy, rules }];
      }),
    );
  const unpackSets = ({ runs, words }: PackedLists): Sets =>
    Object.fromEntries(
      listings.entriesAt(runs).map(([name, entries]) => [name, { type: words[name] ?? NO_POLICY, entries }]),
    );
  return {
    ...rest,
    iptables: eachOf(iptables, (tables) => eachOf(tables, unpackTable)),
    ...(nft === undefined ? {} : { nft: eachOf(nft, (tables) => eachOf(tables, (runs) => listings.at(runs))) }),
    ...(ipsets === undefined ? {} : { ipsets: unpackSets(ipsets) }),
  };
}

/** What two looks at one namespace have shown. */
export function joinRules(one: SavedRules, other: SavedRules): SavedRules {
  const nft = { ...one.nft };
  for (const [family, tables] of Object.entries(other.nft ?? {}) as [NftFamily, ObservedNft][])
    nft[family] = { ...nft[family], ...tables };
  return {
    ...one,
    ...other,
    iptables: { ...one.iptables, ...other.iptables },
    ...(one.nft === undefined && other.nft === undefined ? {} : { nft }),
    ...(one.ipsets === undefined && other.ipsets === undefined ? {} : { ipsets: { ...one.ipsets, ...other.ipsets } }),
    ...(one.ipvs === undefined || other.ipvs === undefined ? {} : { ipvs: { ...one.ipvs, ...other.ipvs } }),
  };
}
