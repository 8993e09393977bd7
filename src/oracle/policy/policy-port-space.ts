/** Which ports policies open between two ends, of all there are: also those that no container declares, where a program may listen all the same. */
import type { PolicyWorld } from "../../cluster/policy/policy-world.ts";
import { isCalicoRule, podTiers } from "../../cluster/policy/tiers.ts";
import { evaluate, podAt, type PolicyEndpoint, type PolicyPacket } from "./policy-oracle.ts";

type Protocol = PolicyPacket["protocol"];

/** First and last. */
export type PortRange = readonly [number, number];

const LAST = 65_535;

/** Where the answer may change: between two of them all ports have the same. */
function boundaries(
  world: PolicyWorld,
  from: PolicyEndpoint,
  to: PolicyEndpoint,
  protocol: Protocol,
): readonly number[] {
  const found = new Set<number>([1]);
  const add = (first: number, last: number): void => {
    found.add(first);
    if (last < LAST) found.add(last + 1);
  };
  const source = podAt(world, from);
  const target = podAt(world, to);
  const rules = [
    ...(target === undefined ? [] : podTiers(world, target, "ingress")),
    ...(source === undefined ? [] : podTiers(world, source, "egress")),
  ].flatMap((tier) => tier.rules);
  for (const one of rules) {
    if (isCalicoRule(one)) {
      for (const port of [...one.rule.destination.ports, ...one.rule.destination.notPorts])
        if (typeof port === "object") add(port.first, port.last);
      // What a name or a Service may mean.
      for (const own of target?.ports ?? []) add(own.port, own.port);
      continue;
    }
    for (const { port, endPort, protocol: wanted = protocol } of one.rule.ports) {
      if (wanted !== protocol || port === undefined) continue;
      if (typeof port === "number") add(port, endPort ?? port);
      else
        for (const own of target?.ports ?? [])
          if (own.name === port && own.protocol === protocol) add(own.port, own.port);
    }
  }
  return [...found].toSorted((a, b) => a - b);
}

/** All ports that are allowed from one end to the other. */
export function allowedPorts(
  world: PolicyWorld,
  from: PolicyEndpoint,
  to: PolicyEndpoint,
  protocol: Protocol,
): readonly PortRange[] {
  const starts = boundaries(world, from, to, protocol);
  const ranges: [number, number][] = [];
  for (const [i, first] of starts.entries()) {
    if (!evaluate(world, { from, to, protocol, port: first }).allowed) continue;
    const last = (starts[i + 1] ?? LAST + 1) - 1;
    const before = ranges.at(-1);
    if (before?.[1] === first - 1) before[1] = last;
    else ranges.push([first, last]);
  }
  return ranges;
}

/** What is in `ranges` and not in `without`. */
export function subtractPorts(ranges: readonly PortRange[], without: readonly PortRange[]): readonly PortRange[] {
  return without.reduce<readonly PortRange[]>(
    (left, [first, last]) =>
      left.flatMap(([a, b]): readonly PortRange[] =>
        last < a || first > b
          ? [[a, b]]
          : [...(a < first ? [[a, first - 1] as const] : []), ...(b > last ? [[last + 1, b] as const] : [])],
      ),
    ranges,
  );
}

/** `80, 9000-9100`; all of them: `1-65535`. */
export function formatPorts(ranges: readonly PortRange[]): string {
  return ranges.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(", ");
}

/** Parses the output of formatPorts. */
export function parsePorts(text: string): readonly PortRange[] {
  return text.split(", ").flatMap((part): readonly PortRange[] => {
    const [first = 0, last = first] = part.split("-").map(Number);
    return first > 0 ? [[first, last]] : [];
  });
}

/** The ports that the pod's containers declare. */
export function declaredPorts(world: PolicyWorld, to: PolicyEndpoint, protocol: Protocol): readonly PortRange[] {
  return (podAt(world, to)?.ports ?? [])
    .filter((port) => port.protocol === protocol && port.undeclared !== true)
    .map(({ port }) => [port, port] as const);
}
