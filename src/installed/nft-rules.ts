/** `nft -j list table` and `nft -a list table`, read: chains with their hooks, rules as expressions and as text, sets and maps. */

/** A JSON value as nft prints it (libnftables-json(5)). */
export type NftValue = string | number | boolean | null | readonly NftValue[] | { readonly [key: string]: NftValue };
export interface NftObject {
  readonly [key: string]: NftValue;
}

export interface NftRule {
  readonly text: string;
  readonly comment?: string | undefined;
  readonly expressions: readonly NftObject[];
}

export interface NftChain {
  readonly name: string;
  readonly hook?: string | undefined;
  readonly priority: number;
  readonly type?: string | undefined;
  readonly policy?: string | undefined;
  readonly rules: NftRule[];
}

export interface NftTable {
  readonly name: string;
  readonly chains: ReadonlyMap<string, NftChain>;
  /** Elements of sets (values) and maps ([key, value]). */
  readonly elements: ReadonlyMap<string, readonly NftValue[]>;
  /** Seconds after which a set drops its elements. */
  readonly timeouts: ReadonlyMap<string, number>;
}

export function isObject(value: NftValue | undefined): value is NftObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function listOf(value: NftValue | undefined): readonly NftValue[] {
  return Array.isArray(value) ? (value as readonly NftValue[]) : value === undefined || value === null ? [] : [value];
}

/** A number or a text as text; empty for everything else. */
export function textOf(value: NftValue | undefined): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function text(value: NftValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** `iifname`, `oifname`. */
export function deviceWay(value: NftValue | undefined): "in" | "out" | undefined {
  const key = isObject(value) && isObject(value["meta"]) ? value["meta"]["key"] : undefined;
  return key === "iifname" ? "in" : key === "oifname" ? "out" : undefined;
}

/** Packets that its counter has counted. */
export function countOf(rule: NftRule): number | undefined {
  const counter = rule.expressions.find((expression) => isObject(expression["counter"]))?.["counter"];
  return isObject(counter) ? Number(counter["packets"]) : undefined;
}

/** Rules' text by handle. */
function rulesByHandle(listing: string): Map<number, string> {
  const found = new Map<number, string>();
  for (const line of listing.split("\n")) {
    const match = /^\t\t(.*) # handle (\d+)$/.exec(line);
    if (match !== null) found.set(Number(match[2]), match[1] ?? "");
  }
  return found;
}

/** Throws SyntaxError when the JSON is none. `listing`: the same table by `nft -a list table`. */
export function parseNftTable(json: string, listing: string): NftTable {
  const document = JSON.parse(json) as { readonly nftables: readonly NftObject[] };
  const texts = rulesByHandle(listing);
  const chains = new Map<string, NftChain>();
  const elements = new Map<string, readonly NftValue[]>();
  const timeouts = new Map<string, number>();
  let name = "";
  for (const item of document.nftables) {
    const { table, chain, rule } = item;
    const set = item["set"] ?? item["map"];
    if (isObject(table)) name = text(table["name"]) ?? "";
    if (isObject(set)) {
      elements.set(text(set["name"]) ?? "", listOf(set["elem"]));
      if (typeof set["timeout"] === "number") timeouts.set(text(set["name"]) ?? "", set["timeout"]);
    }
    if (isObject(chain)) {
      const priority = chain["prio"];
      chains.set(text(chain["name"]) ?? "", {
        name: text(chain["name"]) ?? "",
        hook: text(chain["hook"]),
        priority: typeof priority === "number" ? priority : 0,
        type: text(chain["type"]),
        policy: text(chain["policy"]),
        rules: [],
      });
    }
    if (isObject(rule)) {
      chains.get(text(rule["chain"]) ?? "")?.rules.push({
        text: texts.get(Number(rule["handle"])) ?? "",
        comment: text(rule["comment"]),
        expressions: listOf(rule["expr"]).filter(isObject),
      });
    }
  }
  return { name, chains, elements, timeouts };
}
