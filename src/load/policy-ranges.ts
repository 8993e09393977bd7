/** Address ranges of the clusters that `policy` commands build: those that manifests say, or free ones where another cluster has them. */
import { DEFAULT_RANGES } from "../cluster/ranges.ts";
import { UsageError } from "../errors.ts";
import { parsePrefix, prefixesOverlap } from "../net/address.ts";
import type { Family } from "../net/family.ts";
import type { KeptFacts } from "./fact-ranges.ts";

/** So many /20 are in 192.168.48.0 to 192.168.255.255. */
const MOST = 12;

/** Of the n-th cluster, from 0. */
const RANGES = {
  nodes: {
    ipv4: (n: number): string => `192.168.${48 + 16 * n}.0/20`,
    ipv6: (n: number): string => `fd00:192:${168 + n}::/64`,
  },
  pods: {
    ipv4: (n: number): string => `10.${244 + n}.0.0/16`,
    ipv6: (n: number): string => `fd00:10:${244 + n}::/56`,
  },
} as const;

interface Facts {
  readonly ipv4: KeptFacts | undefined;
  readonly ipv6: KeptFacts | undefined;
  readonly nodes: readonly { readonly name: string; readonly address?: unknown }[];
  readonly lost: readonly string[];
}

/** Those of the clusters of one lab so far, whose nodes and flat pods a router leads to. */
export class JoinedRanges {
  readonly #taken: string[] = Object.values(DEFAULT_RANGES.internet);
  readonly #all: number;
  #count = 0;

  /** `all`: how many clusters there will be. */
  constructor(all: number) {
    if (all > MOST) throw new UsageError(`there are ${all} clusters`, `at most ${MOST} can be judged together`);
    this.#all = all;
  }

  /** How many clusters there are, this one included. */
  get count(): number {
    return this.#count;
  }

  #isTaken(text: string): boolean {
    const range = parsePrefix(text);
    return this.#taken.some((one) => {
      const other = parsePrefix(one);
      return range !== undefined && other !== undefined && prefixesOverlap(range, other);
    });
  }

  /** The next cluster: without node addresses that another one has. */
  withoutTaken<T extends Facts>(cluster: string, facts: T): T {
    this.#count++;
    const taken = [facts.ipv4?.nodeCIDR, facts.ipv6?.nodeCIDR].find((one) => one !== undefined && this.#isTaken(one));
    if (taken === undefined) return facts;
    const without = (one: KeptFacts | undefined): KeptFacts | undefined =>
      one && { ...one, nodeCIDR: undefined, balancerCIDR: undefined };
    return {
      ...facts,
      ipv4: without(facts.ipv4),
      ipv6: without(facts.ipv6),
      nodes: facts.nodes.map((node) => ({ ...node, address: [] })),
      lost: [...facts.lost, `node addresses of cluster ${cluster} (${taken}): another cluster has them`],
    };
  }

  #free(range: (n: number) => string): string {
    const found = Array.from({ length: MOST }, (_, n) => range(n)).find((one) => !this.#isTaken(one));
    if (found === undefined) throw new UsageError("there are no address ranges left for another cluster");
    return found;
  }

  nodes(family: Family, stated: string | undefined): string {
    const range = stated ?? this.#free(RANGES.nodes[family]);
    this.#taken.push(range);
    return range;
  }

  /** Where other clusters have them, too, they are not reached from there. */
  pods(family: Family, stated: string | undefined): string {
    return stated ?? this.#free(RANGES.pods[family]);
  }

  /** The upper quarter of a /20 of nodes. */
  balancer(nodes: string | undefined): string | undefined {
    const third = Number(nodes?.split(".")[2]);
    return Number.isNaN(third) ? undefined : `192.168.${third + 12}.0/22`;
  }

  /** Other clusters, if there are any, reach these pods by their addresses. */
  isFlat(pods: readonly string[]): boolean {
    if (this.#all === 1 || pods.some((one) => this.#isTaken(one))) return false;
    this.#taken.push(...pods);
    return true;
  }
}
