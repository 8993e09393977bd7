import { expect, test } from "vitest";
import { planBaseline } from "../../../src/fabric/baseline.ts";
import { NodeDraft } from "../../../src/fabric/node-draft.ts";
import { newSysctl } from "../../../src/fabric/specs.ts";

const cause = { object: "test", reason: "test" };

function limits(addresses: readonly string[], sysctls: Readonly<Record<string, string>> = {}): string[] {
  const node = new NodeDraft("a", "host", cause);
  node.addInterface({ name: "eth0", addresses: addresses.map((address) => ({ address, cause })), cause });
  for (const [key, value] of Object.entries(sysctls)) node.add(newSysctl({ key, value, cause }));
  return planBaseline(node.finish()).flatMap(({ key, value }) => (key.includes("icmp") ? [`${key}=${value}`] : []));
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
