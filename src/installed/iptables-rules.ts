/** iptables-save -c, read: tables, chains and rules with their matches, target and counters. */

export interface Match {
  readonly option: string;
  readonly value: string;
  readonly negated: boolean;
}

export interface IptablesRule {
  /** Without `-A CHAIN`. */
  readonly text: string;
  readonly packets: number;
  readonly matches: readonly Match[];
  /** `-j` or `-g`; absent: the rule only counts. */
  readonly target?: string | undefined;
  readonly isGoto: boolean;
  /** The target's own options: `--to-destination` → `10.244.1.2:80`. */
  readonly options: Readonly<Record<string, string>>;
}

export interface IptablesChain {
  /** `ACCEPT`, `DROP`; `-` for own chains. */
  readonly policy: string;
  readonly rules: readonly IptablesRule[];
}

/** table → chain */
export type IptablesTables = ReadonlyMap<string, ReadonlyMap<string, IptablesChain>>;

/** Options that are followed by no value. */
const BARE = new Set([
  "--rcheck",
  "--update",
  "--set",
  "--remove",
  "--reap",
  "--rsource",
  "--rdest",
  "--random",
  "--random-fully",
  "--validmark",
  "--ipvs",
  "--physdev-is-in",
  "--physdev-is-bridged",
  "--limit-iface-in",
  "--limit-iface-out",
]);

/** Words as a shell would split them: iptables-save quotes with double quotes and backslashes. */
function cut(line: string): string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll(/\\(.)/g, "$1") ?? plain ?? "",
  );
}

/** `text`: without `-A CHAIN`. */
export function parseRule(text: string, packets = 0): IptablesRule {
  const words = cut(text);
  const matches: Match[] = [];
  const options: Record<string, string> = {};
  let target: string | undefined;
  let isGoto = false;
  let negated = false;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    if (word === "!") {
      negated = true;
      continue;
    }
    const value = BARE.has(word) ? "" : word === "--match-set" ? `${words[++i]} ${words[++i]}` : (words[++i] ?? "");
    if (word === "-j" || word === "-g") {
      target = value;
      isGoto = word === "-g";
    } else if (target !== undefined) options[word] = value;
    else matches.push({ option: word, value, negated });
    negated = false;
  }
  return { text, packets, matches, target, isGoto, options };
}

/** Lines that are neither table, chain nor rule are skipped. */
export function parseIptablesSave(text: string): IptablesTables {
  const tables = new Map<string, Map<string, { policy: string; rules: IptablesRule[] }>>();
  let table = new Map<string, { policy: string; rules: IptablesRule[] }>();
  for (const line of text.split("\n")) {
    const name = /^\*(\S+)/.exec(line)?.[1];
    if (name !== undefined) tables.set(name, (table = new Map()));
    const chain = /^:(\S+) (\S+)/.exec(line);
    if (chain !== null) table.set(chain[1] ?? "", { policy: chain[2] ?? "-", rules: [] });
    const rule = /^(?:\[(\d+):\d+\] )?-A (\S+) ?(.*)$/.exec(line);
    if (rule !== null) table.get(rule[2] ?? "")?.rules.push(parseRule(rule[3] ?? "", Number(rule[1] ?? 0)));
  }
  return tables;
}

/** `80`, `80:90`, `80,443:445`: as `--dports` has it. */
export function inPortList(port: number, list: string): boolean {
  return portRanges(list).some(({ first, last }) => port >= first && port <= last);
}

/** `80,443`, `8000:8080`. */
export function portRanges(list: string): readonly { readonly first: number; readonly last: number }[] {
  return list.split(",").map((part) => {
    const [first = 0, last = first] = part.split(":").map(Number);
    return { first, last };
  });
}
