import { expect, test } from "vitest";
import { planBaseline } from "../../../src/fabric/baseline.ts";
import type { TopologyNode } from "../../../src/fabric/topology.ts";

const cause = { object: "test", reason: "test" };

function limits(addresses: readonly string[], sysctls: Readonly<Record<string, string>> = {}): string[] {
  const node = {
    role: "host",
    interfaces: [{ name: "eth0", addresses: addresses.map((address) => ({ address, cause })), up: true, cause }],
    bridges: [],
    vxlans: [],
    sysctls: Object.entries(sysctls).map(([key, value]) => ({ key, value, cause })),
    cause,
  } as unknown as TopologyNode;
  return planBaseline(node).flatMap(({ key, value }) => (key.includes("icmp") ? [`${key}=${value}`] : []));
}

test("ICMP errors are not rate-limited, in each family that the namespace has", () => {
  expect(limits(["10.0.0.1/24"])).toEqual(["net.ipv4.icmp_ratemask=0"]);
  expect(limits(["fd00::1/64"])).toEqual(["net.ipv6.icmp.ratelimit=0"]);
  expect(limits(["10.0.0.1/24", "fd00::1/64"])).toHaveLength(2);
  expect(limits([])).toEqual([]);
});

test.each(["net.ipv4.icmp_ratemask", "net.ipv4.icmp_ratelimit", "net/ipv4/icmp_ratelimit"])(
  "what the lab file says of %s stays",
  (key) => expect(limits(["10.0.0.1/24"], { [key]: "1000" })).toEqual([]),
);
