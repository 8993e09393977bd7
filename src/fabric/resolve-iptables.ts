/** iptables rules of a raw namespace: which lines are a rule, a chain or a policy, and for which family. */
import type { Family } from "../net/family.ts";
import type { TopologyNodeDocument } from "./schema.ts";
import { parseAddress } from "../net/address.ts";
import { BUILTIN_CHAINS, commandOption, isTable, TARGETS } from "../resources/iptables/words.ts";
import { didYouMean } from "../syntax/nearest.ts";
import type { Scope } from "../syntax/scope.ts";
import { splitWords } from "../syntax/shell-words.ts";
import type { TopologyIptables } from "./topology-rule.ts";

type Table = TopologyIptables["table"];

interface ParsedLine {
  readonly table: Table;
  readonly command: "append" | "insert" | "new" | "policy";
  readonly chain: string;
  readonly args: readonly string[];
}

const COMMANDS: Readonly<Record<string, ParsedLine["command"]>> = {
  "-A": "append",
  "--append": "append",
  "-I": "insert",
  "--insert": "insert",
  "-N": "new",
  "--new-chain": "new",
  "-P": "policy",
  "--policy": "policy",
};
const FORM = "write [-t TABLE] -A CHAIN …, -I CHAIN …, -N CHAIN or -P CHAIN ACCEPT|DROP";
const CHAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,27}$/;

/** Removes `-t TABLE` from the words, before the command or right after its chain. */
function takeTable(words: string[], scope: Scope): Table | undefined {
  const at = words[0] === "-t" || words[0] === "--table" ? 0 : words[2] === "-t" || words[2] === "--table" ? 2 : -1;
  if (at < 0) return "filter";
  const [, table = ""] = words.splice(at, 2);
  if (isTable(table)) return table;
  scope.error(`unknown iptables table "${table}"`, "there are raw, mangle, nat, filter");
  return undefined;
}

function parseLine(line: string, scope: Scope): ParsedLine | undefined {
  const split = splitWords(line);
  if ("error" in split) {
    scope.error(`iptables rule: ${split.error}`, "quotes come in pairs");
    return undefined;
  }
  const words = [...split.words];
  if (words[0] === "iptables" || words[0] === "ip6tables") {
    scope.error(
      `leave out "${words[0]}"`,
      "a rule begins with its table or command; choose the family with { family: ipv6, rule: … }",
    );
    return undefined;
  }
  const table = takeTable(words, scope);
  if (table === undefined) return undefined;
  const command = COMMANDS[words[0] ?? ""];
  const [given, chain, ...args] = words;
  if (command === undefined || chain === undefined) {
    scope.error(given === undefined ? "an empty iptables rule" : `an iptables rule cannot begin with "${given}"`, FORM);
    return undefined;
  }
  if (!CHAIN_NAME.test(chain)) {
    scope.error(`"${chain}" is not a chain's name`, "at most 28 letters, digits, '-', '_', '.' or ':'");
    return undefined;
  }
  if (command === "insert" && /^\d+$/.test(args[0] ?? "")) {
    scope.error(
      `-I with a position (${args[0]}) is not supported`,
      "write the rules in the order in which they apply, with -A; -I CHAIN inserts a rule at the top",
    );
    return undefined;
  }
  return { table, command, chain, args };
}

/** Options whose value is free text. */
const TEXT_OPTIONS = new Set(["--comment", "--log-prefix", "--nflog-prefix", "--string", "--hex-string", "--name"]);

function checkArguments(line: ParsedLine, scope: Scope): void {
  for (const word of line.args) {
    const command = commandOption(word);
    if (command !== undefined)
      scope.error(`"${word}" is not part of a rule: ${command}`, `${FORM}; a text must not begin with "-"`);
  }
}

function checkJump(line: ParsedLine, chains: ReadonlySet<string>, open: boolean, scope: Scope): void {
  for (const [i, word] of line.args.entries()) {
    if (!["-j", "--jump", "-g", "--goto"].includes(word) || TEXT_OPTIONS.has(line.args[i - 1] ?? "")) continue;
    const target = line.args[i + 1];
    if (target === undefined) scope.error(`"${word}" at the end of the rule`, "name a target: -j ACCEPT");
    else if (!TARGETS.has(target) && !chains.has(`${line.table} ${target}`) && !open) {
      const own = [...chains].filter((c) => c.startsWith(`${line.table} `)).map((c) => c.slice(line.table.length + 1));
      scope.dangling(
        `no target or chain "${target}" in table ${line.table}`,
        `declare it above with -t ${line.table} -N ${target}; ${didYouMean(target, [...own, ...TARGETS], "targets", 12) ?? ""}`,
      );
    }
  }
}

/** Families of the addresses in the words. */
function addressFamilies(args: readonly string[]): ReadonlySet<Family> {
  const families = new Set<Family>();
  for (const [i, word] of args.entries()) {
    if (TEXT_OPTIONS.has(args[i - 1] ?? "")) continue;
    for (const part of word.split(",")) {
      const bracket = /^\[([^\]]+)\]/.exec(part)?.[1];
      const candidates = [
        part,
        bracket,
        part.split("/", 1)[0],
        part.split("-", 1)[0],
        part.includes(".") ? part.split(":", 1)[0] : undefined,
      ];
      for (const candidate of candidates) {
        const family = candidate === undefined ? undefined : parseAddress(candidate)?.family;
        if (family !== undefined) families.add(family);
      }
    }
    const protocol = args[i - 1] === "-p" || args[i - 1] === "--protocol" ? word : "";
    if (protocol === "icmp") families.add("ipv4");
    if (protocol === "icmpv6" || protocol === "ipv6-icmp") families.add("ipv6");
  }
  return families;
}

function familiesOf(
  line: ParsedLine,
  asked: "ipv4" | "ipv6" | "both" | undefined,
  lab: readonly Family[],
  scope: Scope,
): readonly Family[] {
  const found = addressFamilies(line.args);
  if (found.size > 1) {
    scope.error("one rule with addresses of both families", "write one rule for each family");
    return [];
  }
  const [only] = found;
  if (asked === "both" || asked === undefined) {
    if (only === undefined) return asked === "both" ? ["ipv4", "ipv6"] : lab;
    if (asked === "both")
      scope.error(
        `family: both, but the rule's addresses are ${only}`,
        "remove family, or write one rule for each family",
      );
    return [only];
  }
  if (only !== undefined && only !== asked)
    scope.error(`family: ${asked}, but the rule's addresses are ${only}`, "remove family, or change the addresses");
  return [asked];
}

/** Chains that must be there or a policy: shape of the rest of the line. */
function checkShape(line: ParsedLine, chains: ReadonlySet<string>, open: boolean, scope: Scope): boolean {
  const builtin = (BUILTIN_CHAINS[line.table] as readonly string[]).includes(line.chain);
  if (line.command === "policy") {
    const [policy, ...rest] = line.args;
    if (!builtin)
      scope.error(
        `only built-in chains have a policy, "${line.chain}" is not one of table ${line.table}`,
        `there are ${BUILTIN_CHAINS[line.table].join(", ")}`,
      );
    else if ((policy !== "ACCEPT" && policy !== "DROP") || rest.length > 0)
      scope.error("a policy is ACCEPT or DROP", `write -P ${line.chain} DROP`);
    else return true;
    return false;
  }
  if (line.command === "new") {
    if (builtin || TARGETS.has(line.chain))
      scope.error(`"${line.chain}" is built in`, "use another name for your own chain");
    else if (chains.has(`${line.table} ${line.chain}`))
      scope.error(`duplicate chain "${line.chain}" in table ${line.table}`, "declare it once");
    else if (line.args.length > 0)
      scope.error(`-N takes the chain's name only, not "${line.args.join(" ")}"`, "add rules with -A");
    else return true;
    return false;
  }
  if (!builtin && !open && !chains.has(`${line.table} ${line.chain}`)) {
    scope.dangling(
      `table ${line.table} has no chain "${line.chain}"`,
      `declare it above: -t ${line.table} -N ${line.chain}; or did you mean one of ${BUILTIN_CHAINS[line.table].join(", ")}?`,
    );
    return false;
  }
  return true;
}

/** All lines of a namespace, in order. `open`: the cluster made unknown chains here. */
export function resolveIptables(
  docs: NonNullable<TopologyNodeDocument["iptables"]>,
  lab: readonly Family[],
  open: boolean,
  object: string,
  scope: Scope,
): readonly TopologyIptables[] {
  const result: TopologyIptables[] = [];
  const chains = new Set<string>();
  for (const [i, doc] of docs.entries()) {
    const place = typeof doc === "string" ? scope.at(i) : scope.at(i, "rule");
    const line = parseLine(typeof doc === "string" ? doc : doc.rule, place);
    if (line === undefined || !checkShape(line, chains, open, place)) continue;
    if (line.command === "append" || line.command === "insert") {
      if (line.args.length === 0) {
        place.error(`an empty rule: -A ${line.chain}`, `write what it matches or does: -A ${line.chain} -j ACCEPT`);
        continue;
      }
      checkArguments(line, place);
      checkJump(line, chains, open, place);
    }
    const families =
      line.command === "new" && typeof doc === "string"
        ? (["ipv4", "ipv6"] as const).filter((f) => lab.includes(f))
        : familiesOf(line, typeof doc === "string" ? undefined : doc.family, lab, place);
    if (line.command === "new") chains.add(`${line.table} ${line.chain}`);
    for (const family of families) {
      const entry: TopologyIptables = {
        family,
        table: line.table,
        chain: line.chain,
        ...(line.command === "policy"
          ? { policy: line.args[0] === "DROP" ? ("DROP" as const) : ("ACCEPT" as const) }
          : {}),
        ...(line.command === "insert" ? { position: "first" as const } : {}),
        args: line.command === "append" || line.command === "insert" ? line.args : [],
        cause: place.cause(object, `iptables ${line.chain}`),
      };
      const first =
        line.command === "insert"
          ? result.findIndex(
              (e) => e.family === family && e.table === line.table && e.chain === line.chain && e.args.length > 0,
            )
          : -1;
      if (first >= 0) result.splice(first, 0, entry);
      else result.push(entry);
    }
  }
  return result;
}
