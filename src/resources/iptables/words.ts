/** iptables' keywords: tables, built-in chains, targets, and the options that are commands and not part of a rule. */
import type { IptablesResource } from "./definition.ts";

type Table = IptablesResource["table"];

export const BUILTIN_CHAINS = {
  raw: ["PREROUTING", "OUTPUT"],
  mangle: ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
  nat: ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
  filter: ["INPUT", "FORWARD", "OUTPUT"],
} satisfies Record<Table, readonly string[]>;

export function isTable(text: string): text is Table {
  return Object.hasOwn(BUILTIN_CHAINS, text);
}

/** Verdicts and the targets of iptables-extensions(8). */
export const TARGETS: ReadonlySet<string> = new Set(
  (
    "ACCEPT DROP RETURN QUEUE AUDIT CHECKSUM CLASSIFY CLUSTERIP CONNMARK CONNSECMARK CT DNAT DNPT DSCP ECN HL HMARK " +
    "IDLETIMER LED LOG MARK MASQUERADE NETMAP NFLOG NFQUEUE NOTRACK RATEEST REDIRECT REJECT SECMARK SET SNAT SNPT " +
    "SYNPROXY TCPMSS TCPOPTSTRIP TEE TOS TPROXY TRACE TTL ULOG"
  ).split(" "),
);

/** Long options of iptables(8) that are commands, or run or change something outside of the rule. */
const COMMAND_OPTIONS = [
  "append",
  "check",
  "delete",
  "delete-chain",
  "exact",
  "flush",
  "help",
  "insert",
  "ipv4",
  "ipv6",
  "line-numbers",
  "list",
  "list-rules",
  "modprobe",
  "new-chain",
  "numeric",
  "policy",
  "rename-chain",
  "replace",
  "set-counters",
  "table",
  "verbose",
  "version",
  "wait",
  "wait-interval",
  "zero",
];
/** An option of a match (recent) that is also the beginning of a command's name. */
const NOT_COMMANDS = new Set(["--set"]);
/** Short options that belong to a rule. */
const RULE_LETTERS = "psdjgiofm";

/**
 * Why a word cannot be in a rule, even as an option's value: getopt_long accepts any unambiguous prefix of a long option and clusters
 * of short ones, so `--modp=/x` or `-fM/x` would run a program.
 */
export function commandOption(word: string): string | undefined {
  if (word.startsWith("--")) {
    const name = (word.slice(2).split("=", 1)[0] ?? "").toLowerCase();
    if (name === "" || NOT_COMMANDS.has(`--${name}`)) return name === "" ? "an option without a name" : undefined;
    const command = COMMAND_OPTIONS.find((option) => option.startsWith(name));
    return command === undefined ? undefined : `it is short for or the same as --${command}`;
  }
  if (!/^-[A-Za-z0-9]/.test(word)) return undefined;
  const letter = word[1] ?? "";
  if (/\d/.test(letter))
    return letter === "4" || letter === "6" ? "choose the family with family: ipv4 or ipv6" : undefined;
  if (!RULE_LETTERS.includes(letter)) return `-${letter} is a command or a setting of iptables itself`;
  return letter === "f" && word.length > 2 ? "write -f alone" : undefined;
}
