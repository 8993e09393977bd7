/**
 * Felix' rules as it gives them to iptables-restore, each with the hash of itself and of those before it
 * (projectcalico/calico 87c15906, felix/generictables/rules.go, felix/iptables/renderer.go, actions.go, match_builder.go).
 */
import type { Cause } from "../../../../cause.ts";
import type { Family } from "../../../../net/family.ts";
import { sha224 } from "../../../../net/digest.ts";
import type { TopologyIptables } from "../../../../fabric/topology-rule.ts";
import type { RulePosition } from "../../../../fabric/rule-order.ts";
import { newRule } from "../../../../fabric/specs.ts";
import type { NodeDraft } from "../../../../fabric/node-draft.ts";
import { commentText } from "./rule.ts";
import type { FelixAction, FelixChain, FelixMatch, FelixRule, PortRange } from "./rule.ts";
import type { FelixTable, FelixTables } from "./tables.ts";

const hex = (bits: number): string => `0x${(bits >>> 0).toString(16)}`;
const FLAG = { source: "src", destination: "dst" } as const;

function portList(ports: readonly PortRange[]): string {
  return ports.map(({ first, last }) => (first === last ? String(first) : `${first}:${last}`)).join(",");
}

function matchWords(one: FelixMatch): readonly string[] {
  const not = one.not === true ? ["!"] : [];
  switch (one.is) {
    case "mark":
      return ["-m", "mark", ...not, "--mark", `${one.bits === 0 ? "0" : hex(one.bits)}/${hex(one.mask)}`];
    case "device":
      return [...not, `--${one.way}-interface`, one.name];
    case "protocol":
      return [...not, "-p", String(one.protocol)];
    case "set": {
      const flag = FLAG[one.end];
      return ["-m", "set", ...not, "--match-set", one.name, one.ported ? `${flag},${flag}` : flag];
    }
    case "ports":
      return ["-m", "multiport", ...not, `--${one.end}-ports`, portList(one.ports)];
    case "port":
      return [...not, one.end === "source" ? "--sport" : "--dport", String(one.port)];
    case "net":
      return [...not, `--${one.end}`, one.net];
    case "local": {
      const limit = one.ofOutDevice === true ? ["--limit-iface-out"] : [];
      return ["-m", "addrtype", ...not, `--${FLAG[one.end]}-type`, "LOCAL", ...limit];
    }
    case "state":
      return ["-m", "conntrack", ...not, "--ctstate", one.states];
    case "icmp": {
      const [name, option] = one.family === "ipv4" ? ["icmp", "--icmp-type"] : ["icmp6", "--icmpv6-type"];
      return ["-m", name, ...not, option, one.code === undefined ? String(one.type) : `${one.type}/${one.code}`];
    }
    case "unanswerable":
      return ["-m", "rpfilter", "--invert", "--validmark"];
  }
}

function actionWords(one: FelixAction): readonly string[] {
  switch (one.does) {
    case "jump":
    case "goto":
      return [`--${one.does}`, one.target];
    case "mark": {
      const bits = one.bits === 0 && one.zeroAsHex !== true ? "0" : hex(one.bits);
      return ["--jump", "MARK", "--set-mark", `${bits}/${hex(one.mask)}`];
    }
    case "masquerade":
      return ["--jump", "MASQUERADE", ...(one.ports === undefined ? [] : ["--to-ports", one.ports]), "--random-fully"];
    case "snat":
      return ["--jump", "SNAT", "--to-source", one.to, "--random-fully"];
    case "log":
      return ["--jump", "LOG", "--log-prefix", `${one.prefix}: `, "--log-level", "5"];
    case "nflog":
      return [
        "--jump",
        "NFLOG",
        "--nflog-group",
        String(one.group),
        "--nflog-prefix",
        one.prefix,
        "--nflog-size",
        "80",
      ];
    case "dispatch":
      throw new TypeError("iptables has no verdict maps");
  }
}

/** iptables' limit of a comment's length. */
const comment = (text: string): string => commentText(text).slice(0, 256);

function wordsOf({ match, action }: FelixRule): readonly string[] {
  const words: string[] = [];
  for (const one of match) words.push(...matchWords(one));
  if (action !== undefined) words.push(...actionWords(action));
  return words;
}

function textOf({ action, comments }: FelixRule, words: readonly string[]): string {
  const said = comments.map((one) => `-m comment --comment "${comment(one)}"`);
  if (action?.does !== "log") return [...said, ...words].join(" ");
  const prefix = `${action.prefix}: `;
  return [...said, ...words.map((word) => (word === prefix ? `"${word}"` : word))].join(" ");
}

/** `-m comment --comment "Unknown interface" --jump DROP`. */
export function ruleText(rule: FelixRule): string {
  return textOf(rule, wordsOf(rule));
}

/** What stands behind `cali:` in each rule of a chain. */
export function ruleHashes(chain: string, texts: readonly string[]): readonly string[] {
  let hash = sha224(chain);
  return texts.map((text) => {
    hash = sha224(hash, ["-A", chain, "HASH", ...(text === "" ? [] : [text])].join(" "));
    return hash.toString("base64url").slice(0, 16);
  });
}

/** The chain's rules for the kernel; `cause` is that of rules which have none of their own. */
function chainRules(
  family: Family,
  table: FelixTable,
  { name, rules }: FelixChain,
  cause: Cause,
  position?: RulePosition,
): readonly TopologyIptables[] {
  if (rules.length === 0) return [newRule(family, table, name, [], cause)];
  const words = rules.map(wordsOf);
  const hashes = ruleHashes(
    name,
    rules.map((one, i) => textOf(one, words[i] ?? [])),
  );
  return rules.map((one, i) => {
    const args = ["-m", "comment", "--comment", `cali:${hashes[i]}`];
    for (const text of one.comments) args.push("-m", "comment", "--comment", comment(text));
    args.push(...(words[i] ?? []));
    return newRule(family, table, name, args, one.cause ?? cause, position);
  });
}

export function iptablesTables(family: Family, draft: NodeDraft): FelixTables {
  return {
    add: (table, chain, cause) => draft.addRules("cni-policy", chainRules(family, table, chain, cause)),
    enter(table, from, rules, cause, place) {
      const position = place === "first" ? "after policy" : undefined;
      draft.addRules("cni-policy", chainRules(family, table, { name: from, rules }, cause, position));
    },
    addSet: (set) => draft.add({ kind: "ipset", owner: "cni-policy", family, ...set }),
    finish: () => undefined,
  };
}
