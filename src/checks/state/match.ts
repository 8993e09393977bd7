/** Whether an entry of the state contains all words of a check; words that belong together must be together. */
import { canonicalAddress } from "../../net/families.ts";
import type { StateCheck } from "./resolve.ts";

/** Keys that need the next word as their value. Anything that begins with `-` is one too. */
const KEYS = new Set([
  "via",
  "dev",
  "table",
  "proto",
  "protocol",
  "scope",
  "src",
  "metric",
  "mtu",
  "from",
  "to",
  "iif",
  "oif",
  "fwmark",
  "lookup",
  "lladdr",
  "dst",
  "master",
  "state",
  "link/ether",
  "id",
  "local",
  "remote",
  "dstport",
  "hairpin",
  "isolated",
  "learning",
  "stp_state",
]);
const SYNONYMS: Readonly<Record<string, string>> = {
  protocol: "proto",
  "0.0.0.0/0": "default",
  "::/0": "default",
  "-source": "-s",
  "--source": "-s",
  "--destination": "-d",
  "--jump": "-j",
  "--protocol": "-p",
  "--in-interface": "-i",
  "--out-interface": "-o",
  "--table": "-t",
  "--append": "-A",
};

export interface Closest {
  readonly entry: string;
  /** Parts of the match that it lacks. */
  readonly missing: readonly string[];
}

/** All entries, the best first; one without `missing` is a match. */
export function rankEntries(entries: readonly string[], match: string, what: StateCheck["what"]): Closest[] {
  const wanted = phrases(match, what);
  return entries
    .map((entry) => {
      const left = phrases(entry, what);
      const missing = wanted.filter((phrase) => {
        const at = left.indexOf(phrase);
        if (at < 0) return true;
        left.splice(at, 1);
        return false;
      });
      return { entry, missing };
    })
    .sort((a, b) => a.missing.length - b.missing.length);
}

/** Splits into phrases: a key with its value, or a single word; `!` goes with what follows. */
export function phrases(text: string, what: StateCheck["what"]): string[] {
  if (what === "sysctl")
    return text
      .split("=")
      .map((part) => part.trim().replaceAll(/\s+/g, " "))
      .filter((part) => part !== "");
  // `eth0@veth1` names the device and its peer.
  const tokens = splitWords(what === "link" ? text.replaceAll(/(\S)@/g, "$1 @") : text).map((word) =>
    normal(word, what),
  );
  const found: string[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const not = tokens[i] === "!" ? "! " : "";
    if (not !== "") i++;
    const token = tokens[i];
    if (token === undefined) continue;
    const next = tokens[i + 1];
    const takesNext =
      next !== undefined &&
      (what === "iptables" ? token.startsWith("-") && !next.startsWith("-") && next !== "!" : KEYS.has(token));
    // `learning` is a flag of a VXLAN and a key of a bridge port.
    const isFlag = what === "link" && token === "learning" && next !== "on" && next !== "off";
    if (takesNext && !isFlag) {
      // `ip rule` prints `lookup`, people also write `table`.
      found.push(`${not}${what === "rule" && token === "table" ? "lookup" : token} ${next}`);
      i++;
    } else found.push(`${not}${token}`);
  }
  return found;
}

function normal(word: string, what: StateCheck["what"]): string {
  const synonym = SYNONYMS[word];
  if (synonym !== undefined) return synonym;
  if (what === "iptables")
    return /^[0-9a-fA-F.:]+$/.test(word) && /[.:]/.test(word)
      ? canonicalPrefix(word)
      : word.replace(/^(\d+\.\d+\.\d+\.\d+)\/32$|^(.*:.*)\/128$/, "$1$2");
  return canonicalPrefix(word.toLowerCase());
}

/** Addresses in canonical form; the length of a single address is left out. */
function canonicalPrefix(word: string): string {
  const [address = "", length] = word.split("/");
  if (!/^[0-9a-f.:]+$/i.test(address) || !/[.:]/.test(address)) return word;
  const canonical = canonicalAddress(address);
  const single = length === undefined || length === (canonical.includes(":") ? "128" : "32");
  return single ? canonical : `${canonical}/${length}`;
}

/** Words, with `"quoted text"` as one. */
function splitWords(text: string): string[] {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? plain ?? "",
  );
}
