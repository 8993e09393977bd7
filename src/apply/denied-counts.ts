/** How many packets NetworkPolicies have denied: read from the counters of the rules that drop, which name the pod that they isolate. */
import type { NetnsHandle } from "../kernel/netns.ts";
import { DENIED_COMMENT } from "../resources/policy-names.ts";
import { runTool } from "./run-tool.ts";

export interface DeniedCount {
  /** The node. */
  readonly ns: string;
  /** `NAMESPACE/NAME`. */
  readonly pod: string;
  readonly direction: "ingress" | "egress";
  /** The policies that isolate the pod, or the rule that denied, as in the comment: `x/p1, x/p2`, `cnp:3:deny-internet`. */
  readonly policies: string;
  readonly packets: number;
  readonly bytes: number;
}

const IPTABLES = new RegExp(String.raw`^\[(\d+):(\d+)\] -A NP-.* --comment ${DENIED_COMMENT} -j (?:DROP|REJECT)`);
const NFT = new RegExp(String.raw`counter packets (\d+) bytes (\d+) (?:drop|reject) comment ${DENIED_COMMENT}`);

function read(ns: string, pattern: RegExp, text: string): DeniedCount[] {
  return text.split("\n").flatMap((line) => {
    const [, packets, bytes, pod, direction, policies] = pattern.exec(line) ?? [];
    if (pod === undefined || (direction !== "ingress" && direction !== "egress")) return [];
    return [{ ns, pod, direction, policies: policies ?? "", packets: Number(packets), bytes: Number(bytes) }];
  });
}

/** Of one node; both families and backends together, each pod, direction and denier once. */
export async function deniedCounts(ns: string, handle: NetnsHandle): Promise<readonly DeniedCount[]> {
  const run = async (...argv: readonly string[]): Promise<string> => (await runTool(handle, argv)).stdout;
  const [v4, v6, nft] = await Promise.all([
    run("iptables-save", "-c", "-t", "filter"),
    run("ip6tables-save", "-c", "-t", "filter"),
    run("nft", "list", "ruleset", "inet"),
  ]);
  const sums = new Map<string, DeniedCount>();
  for (const count of [...read(ns, IPTABLES, v4), ...read(ns, IPTABLES, v6), ...read(ns, NFT, nft)]) {
    const key = `${count.pod} ${count.direction} ${count.policies}`;
    const before = sums.get(key);
    const { packets, bytes } = count;
    sums.set(key, { ...count, packets: packets + (before?.packets ?? 0), bytes: bytes + (before?.bytes ?? 0) });
  }
  return [...sums.values()];
}
