import fc from "fast-check";
import { expect, test } from "vitest";
import type { NetworkPolicyModel } from "../../../../src/kube/network-policy/network-policy.ts";
import type { PolicyWorld } from "../../../../src/cluster/policy/policy-world.ts";
import { evaluate } from "../../../../src/oracle/policy/policy-oracle.ts";
import {
  allowedPorts,
  formatPorts,
  parsePorts,
  subtractPorts,
} from "../../../../src/oracle/policy/policy-port-space.ts";

const cause = { object: "", reason: "" };
const pod = (name: string) => ({
  namespace: "a",
  name,
  labels: {},
  node: name,
  hostNetwork: false,
  addresses: [`10.0.0.${name.length}`],
  ports: [{ name: "http", port: 8080, protocol: "TCP" as const }],
});
type Ports = NetworkPolicyModel["ingress"][number]["ports"];
const world = (ports: readonly Ports[]): PolicyWorld => ({
  policies: ports.map((list, i) => ({
    kind: "NetworkPolicy",
    namespace: "a",
    name: `p${i}`,
    podSelector: { requirements: [] },
    types: ["Ingress"],
    ingress: [{ peers: [], ports: list, cause }],
    egress: [],
    cause,
  })),
  clusterPolicies: [],
  namespaces: [{ name: "a", labels: {} }],
  pods: [pod("x"), pod("yy")],
  nodes: [],
});
const from = { pod: { namespace: "a", name: "x" }, address: "10.0.0.1" };
const to = { pod: { namespace: "a", name: "yy" }, address: "10.0.0.2" };

test("ranges, names and numbers, over the whole space", () => {
  const ports = (list: Ports) => formatPorts(allowedPorts(world([list]), from, to, "TCP"));
  expect(formatPorts(allowedPorts(world([]), from, to, "TCP"))).toBe("1-65535");
  expect(ports([])).toBe("1-65535");
  expect(
    ports([
      { protocol: "TCP", port: 80, cause },
      { protocol: "TCP", port: 81, endPort: 90, cause },
    ]),
  ).toBe("80-90");
  expect(
    ports([
      { protocol: "TCP", port: "http", cause },
      { protocol: "TCP", port: 65_535, cause },
    ]),
  ).toBe("8080, 65535");
  expect(ports([{ protocol: "UDP", port: 53, cause }])).toBe("");
});

test("the ranges say what the oracle says, port by port", () => {
  const number = fc.integer({ min: 1, max: 65_535 });
  const port = fc.record({
    protocol: fc.constantFrom("TCP" as const, "UDP" as const),
    port: number,
    size: fc.integer({ min: 0, max: 500 }),
  });
  fc.assert(
    fc.property(
      fc.array(fc.array(port, { minLength: 1, maxLength: 3 }), { maxLength: 3 }),
      fc.array(number),
      (lists, asked) => {
        const here = world(
          lists.map((list) =>
            list.map(({ protocol, port: first, size }) => ({
              protocol,
              port: first,
              endPort: Math.min(65_535, first + size),
              cause,
            })),
          ),
        );
        const ranges = allowedPorts(here, from, to, "TCP");
        const edges = lists
          .flat()
          .flatMap(({ port: first, size }) => [first - 1, first, first + size, first + size + 1]);
        for (const one of [...asked, ...edges].filter((each) => each >= 1 && each <= 65_535))
          expect(ranges.some(([a, b]) => a <= one && one <= b)).toBe(
            evaluate(here, { from, to, protocol: "TCP", port: one }).allowed,
          );
        expect(parsePorts(formatPorts(ranges))).toEqual(ranges);
      },
    ),
    { numRuns: 60 },
  );
});

test("what is taken away", () => {
  expect(
    subtractPorts(
      [[1, 100]],
      [
        [1, 1],
        [50, 60],
        [100, 200],
      ],
    ),
  ).toEqual([
    [2, 49],
    [61, 99],
  ]);
});
