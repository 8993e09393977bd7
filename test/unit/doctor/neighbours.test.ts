import type { ReachCheck } from "../../../src/checks/reach/resolve.ts";
import { expect, test } from "vitest";
import { countNeighbours, foreseeNeighbours } from "../../../src/doctor/neighbours.ts";
import type { Lab } from "../../../src/lab/lab.ts";
import type { Target } from "../../../src/net/target.ts";
import type { Resource } from "../../../src/resources/resource.ts";
import { lab as empty } from "../report/events.ts";

const cause = { object: "test", reason: "test" };

/** Pods p0 … on two nodes: 10.0.0.x on the first, 10.0.1.x on the second; all talk to all. */
function mesh(pods: number): { lab: Lab; resources: Resource[] } {
  const targets = Array.from({ length: pods }, (_, i): Target => ({
    text: `pod/p${i}`,
    ns: `default/p${i}`,
    node: `n${i % 2}`,
    addresses: { ipv4: `10.0.${i % 2}.${2 + i}` },
  }));
  const resources = targets.map(({ ns, node, addresses }): Resource => ({
    kind: "addr",
    id: `addr:${ns}`,
    ns,
    node,
    cause,
    dev: "eth0",
    address: `${addresses.ipv4 ?? ""}/24`,
    family: "ipv4",
  }));
  const reach: ReachCheck = {
    kind: "reach",
    name: "all",
    source: { file: "x.yaml", line: 1, column: 1 },
    within: 1,
    timeout: 1,
    families: ["ipv4"],
    expectFailure: false,
    from: targets,
    to: targets,
    protocol: "tcp",
    port: 80,
    expect: targets.map((_, i) => targets.map((__, j) => (i === j ? null : "open"))),
  };
  return { lab: { ...empty, checks: [reach] }, resources };
}

test("on one subnet each end learns the other; across subnets each end and its gateway learn each other", () => {
  // p0 and p2 share a subnet, p1 is elsewhere.
  const { lab, resources } = mesh(3);
  // p0<->p2: 2; p0, p1, p2 each with the gateway: 2 × 3.
  expect(countNeighbours(resources, lab, "ipv4")).toBe(8);
  expect(countNeighbours(resources, lab, "ipv6")).toBe(0);
});

test("a full mesh that overflows the table is foreseen, with the command that repairs it", () => {
  const { lab, resources } = mesh(80);
  // 2 × (40 × 39) on the two bridges, and 160 with the gateways.
  expect(countNeighbours(resources, lab, "ipv4")).toBe(3280);
  const finding = foreseeNeighbours(resources, lab, () => 1024);
  expect(finding).toMatchObject({ status: "warn", area: "neighbours" });
  expect(finding.text).toContain("about 3280 ipv4 neighbour entries, this host holds 1024");
  expect(finding.fix).toContain("net.ipv4.neigh.default.gc_thresh3=8192");
  expect(finding.fix).toContain("--tune-host");
  expect(foreseeNeighbours(resources, lab, () => 8192).status).toBe("ok");
});
