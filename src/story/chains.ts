/** The chains that a packet was in, as their tools print them: from a rule's handle to its text and place. */
import type { AgentClient } from "../agent/client.ts";
import type { TracedRule } from "../services/trace/protocol.ts";
import { output } from "../installed/read-rules.ts";
import { shellWord } from "../net/shell-word.ts";

export interface ChainRule {
  readonly handle: number;
  /** Position in its chain. */
  readonly index: number;
  /** As iptables -S prints it without `-A CHAIN`, or nft without its handle. */
  readonly text: string;
}

export interface ReadChain {
  /** Of a base chain: `prerouting`. */
  readonly hook?: string | undefined;
  readonly rules: readonly ChainRule[];
}

/** Its key: family, table and chain. */
type Place = Pick<TracedRule, "family" | "table" | "chain">;
export function chainKey({ family, table, chain }: Place): string {
  return `${family} ${table} ${chain}`;
}

const XTABLES: ReadonlySet<string> = new Set(["filter", "nat", "mangle", "raw", "security"]);
const TOOL: Readonly<Record<string, string>> = { ip: "iptables", ip6: "ip6tables" };
const MARK = "@@@";

function script(chains: readonly Place[]): string {
  return chains
    .map(({ family, table, chain }) => {
      const tool = XTABLES.has(table) ? TOOL[family] : undefined;
      const words = [family, table, chain].map(shellWord).join(" ");
      const rules = tool === undefined ? "" : `${tool} -w -t ${shellWord(table)} -S ${shellWord(chain)} 2>/dev/null`;
      return [`echo '${MARK}' ${words}`, `nft -a list chain ${words} 2>/dev/null`, `echo '${MARK}-'`, rules].join("\n");
    })
    .join("\n");
}

function parseChain(listing: string, iptables: string): ReadChain {
  const handles: { handle: number; text: string }[] = [];
  for (const line of listing.split("\n")) {
    const [, text, handle] = /^\t\t(.*?) ?# handle (\d+)$/.exec(line) ?? [];
    if (handle !== undefined && text !== undefined) handles.push({ handle: Number(handle), text: text.trim() });
  }
  const own = iptables.split("\n").flatMap((line) => /^-A \S+ (.*)$/.exec(line)?.[1] ?? []);
  const rules = handles.map(({ handle, text }, index) => ({
    handle,
    index,
    text: own.length === handles.length ? (own[index] ?? text) : text,
  }));
  return { hook: /type \w+ hook (\w+)/.exec(listing)?.[1], rules };
}

/** The chains of one namespace that occur in a trace, by key. What cannot be read is left out. */
export async function readChains(
  client: AgentClient,
  ns: string,
  rules: readonly TracedRule[],
): Promise<ReadonlyMap<string, ReadChain>> {
  const places = [...new Map(rules.map((rule) => [chainKey(rule), rule])).values()];
  if (places.length === 0) return new Map();
  const text = await output(client, ns, ["sh", "-c", `${script(places)}\ntrue`]);
  return new Map(
    text
      .split(`${MARK} `)
      .slice(1)
      .map((part): [string, ReadChain] => {
        const [head = "", ...rest] = part.split("\n");
        const [listing = "", iptables = ""] = rest.join("\n").split(`${MARK}-\n`);
        return [head.trim(), parseChain(listing, iptables)];
      }),
  );
}
