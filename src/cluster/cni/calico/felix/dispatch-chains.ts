/** From a device to the chain of its endpoint: a tree of at most two levels over the devices' names (felix/rules/dispatch.go). */
import { endpointChain } from "../names.ts";
import { WORKLOADS } from "./config.ts";
import type { FelixConfig } from "./config.ts";
import { goTo, jump, match, RETURN, rule, setMark } from "./rule.ts";
import type { FelixChain, FelixMatch, FelixRule } from "./rule.ts";

/** The longest beginning that all have. */
function commonPrefix(names: readonly string[]): string {
  const [first = ""] = names;
  let length = first.length;
  for (const name of names) while (!name.startsWith(first.slice(0, length))) length--;
  return first.slice(0, length);
}

interface Dispatch {
  readonly chain: string;
  readonly match: (device: string) => readonly FelixMatch[];
  /** Of the endpoints' own chains: `cali-fw-`. */
  readonly prefix: string;
  /** What no device is for. */
  readonly end: readonly FelixRule[];
  /** Between the chain's name and the character: `-wep`. */
  readonly infix?: string | undefined;
}

/** Chains of several devices first, the root last. */
function dispatchTree(devices: readonly string[], how: Dispatch): readonly FelixChain[] {
  const { chain, prefix, end, infix = "" } = how;
  const names = [...new Set(devices)].toSorted();
  const common = commonPrefix(names);
  const groups = Map.groupBy(names, (name) => name.slice(0, common.length + 1));
  const one = (name: string): FelixRule => rule(how.match(name), goTo(endpointChain(prefix, name)));
  const children: FelixChain[] = [];
  const rules = [...groups].map(([start, group]) => {
    const [first = ""] = group;
    if (group.length === 1) return one(first);
    const child = `${chain}${infix}-${start.slice(common.length)}`;
    children.push({ name: child, rules: [...group.map(one), ...end] });
    return rule(how.match(`${start}+`), goTo(child));
  });
  return [...children, { name: chain, rules: [...rules, ...end] }];
}

const unknown = ({ deny }: Pick<FelixConfig, "deny">): readonly FelixRule[] => [
  rule([], jump(deny), "Unknown interface"),
];

/** By the devices of the node's pods. */
export function workloadDispatchChains(
  devices: readonly string[],
  config: Pick<FelixConfig, "deny" | "verdictMaps">,
): readonly FelixChain[] {
  const end = unknown(config);
  const ways = [
    { way: "in", chain: "cali-from-wl-dispatch", prefix: "cali-fw-" },
    { way: "out", chain: "cali-to-wl-dispatch", prefix: "cali-tw-" },
  ] as const;
  return ways.flatMap(({ way, chain, prefix }): readonly FelixChain[] => {
    if (!config.verdictMaps) return dispatchTree(devices, { chain, match: match[way], prefix, end });
    const to = new Map(devices.map((device) => [device, endpointChain(prefix, device)]));
    return [{ name: chain, rules: [rule([], { does: "dispatch", way, map: chain, to }), ...end] }];
  });
}

/** What stands for all interfaces that have no host endpoint of their own: longer than the name of any. */
export const ANY_INTERFACE = "any-interface-at-all";

/** Which of a table's ways are asked. */
export interface HostDispatch {
  readonly from?: boolean | undefined;
  readonly to?: boolean | undefined;
  /** And of what the node forwards. */
  readonly forward?: boolean | undefined;
  /** What the host endpoint for all interfaces is named by (ANY_INTERFACE); absent: there is none. */
  readonly any?: string | undefined;
  readonly maxChainName?: number | undefined;
}

/** By the interfaces that have host endpoints. */
export function hostDispatchChains(
  devices: readonly string[],
  { from = false, to = false, forward = false, any, maxChainName }: HostDispatch,
): readonly FelixChain[] {
  const end = (prefix: string): readonly FelixRule[] =>
    any === undefined ? [] : [rule([], goTo(endpointChain(prefix, any, maxChainName)))];
  const toEnd =
    any !== undefined && !forward
      ? [rule(match.out(WORKLOADS), RETURN, "Skip egress WHEP policy for traffic to local workload")]
      : [];
  const tree = (chain: string, by: Dispatch["match"], prefix: string, first: readonly FelixRule[] = []) =>
    dispatchTree(devices, { chain, match: by, prefix, end: [...first, ...end(prefix)] });
  return [
    ...(from ? tree("cali-from-host-endpoint", match.in, "cali-fh-") : []),
    ...(to ? tree("cali-to-host-endpoint", match.out, "cali-th-", toEnd) : []),
    ...(forward ? tree("cali-from-hep-forward", match.in, "cali-fhfw-") : []),
    ...(forward ? tree("cali-to-hep-forward", match.out, "cali-thfw-") : []),
  ];
}

/** Marks of endpoints, for kube-proxy in mode ipvs: each device's bits within `endpoint`. */
export type EndpointMarks = ReadonlyMap<string, number>;

/** What sets the mark, and what finds the endpoint by it again; `hosts`: devices of host endpoints. */
export function endpointMarkChains(
  workloads: readonly string[],
  hosts: readonly string[],
  marks: EndpointMarks,
  { marks: { endpoint, nonCaliEndpoint }, deny }: Pick<FelixConfig, "marks" | "deny">,
): readonly FelixChain[] {
  const trees = (
    [
      [workloads, "-wep"],
      [hosts, "-hep"],
    ] as const
  ).flatMap(([devices, infix]) =>
    devices.length === 0
      ? []
      : [
          dispatchTree(devices, {
            chain: "cali-set-endpoint-mark",
            match: match.in,
            prefix: "cali-sm-",
            end: [],
            infix,
          }),
        ],
  );
  const from = (devices: readonly string[], prefix: string): readonly FelixRule[] =>
    [...new Set(devices)].toSorted().flatMap((device) => {
      const mark = marks.get(device);
      return mark === undefined ? [] : [rule(match.markIs(mark, endpoint), goTo(endpointChain(prefix, device)))];
    });
  return [
    ...trees.flatMap((tree) => tree.slice(0, -1)),
    {
      name: "cali-set-endpoint-mark",
      rules: [
        ...trees.flatMap((tree) => tree.at(-1)?.rules ?? []),
        rule(match.in(WORKLOADS), jump(deny), "Unknown endpoint"),
        rule([], setMark(nonCaliEndpoint, endpoint), "Non-Cali endpoint mark"),
      ],
    },
    {
      name: "cali-from-endpoint-mark",
      rules: [...from(workloads, "cali-fw-"), ...from(hosts, "cali-fhfw-"), ...unknown({ deny })],
    },
  ];
}
