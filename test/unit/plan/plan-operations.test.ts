import { describe, expect, it } from "vitest";
import { formatCounts, formatPlan } from "../../../src/plan/format-plan.ts";
import type { Plan } from "../../../src/resources/operation.ts";
import { planOperations } from "../../../src/plan/plan-operations.ts";
import { planResources } from "../../../src/plan/plan-lab.ts";
import type { Resource } from "../../../src/resources/resource.ts";
import { clusterFixture, labFixture } from "../cluster/cluster-fixture.ts";
import { observedAs } from "./observed-fixture.ts";
import { loadLabText } from "../../../src/load/load-lab.ts";
import { rawLab } from "../load/diagnose.ts";
import { rawTopology } from "../fabric/raw-fixture.ts";

const OVERLAY = planResources(labFixture("x", clusterFixture({ families: ["ipv4", "ipv6"], podsPerNode: 2 })));
const RAW = planResources(labFixture("x", undefined, rawTopology()));

function lines(plan: Plan): string[] {
  return plan.operations.map(({ id, reason }) => `${id} [${reason ?? ""}]`);
}

function expectOrdered(plan: Plan): void {
  const before = new Set<string>();
  for (const operation of plan.operations) {
    for (const id of operation.dependsOn) expect(before, `${operation.id} waits for ${id}`).toContain(id);
    expect(before).not.toContain(operation.id);
    before.add(operation.id);
  }
}

describe("from nothing", () => {
  it.each([
    ["cluster", OVERLAY],
    ["raw", RAW],
  ] as const)("%s: everything is created once, after what it needs", (_name, desired) => {
    const plan = planOperations("x", desired);
    expectOrdered(plan);
    expect(plan.operations).toHaveLength(desired.length);
    for (const { cause } of plan.operations) expect(cause.source?.line).toBeGreaterThan(0);
  });

  it("does not depend on anything but its input", () => {
    const again = planResources(labFixture("x", clusterFixture({ families: ["ipv4", "ipv6"], podsPerNode: 2 })));
    expect(JSON.stringify(planOperations("x", again))).toBe(JSON.stringify(planOperations("x", OVERLAY)));
  });

  it("a route waits for the address that makes its next hop reachable, also through another route", () => {
    const { operations } = planOperations("x", RAW);
    const needs = (id: string): readonly string[] =>
      operations.find((it) => it.id === `create route:red:${id}`)?.dependsOn ?? [];
    expect(needs("0.0.0.0/0")).toContain("create addr:red:eth0:10.0.0.1/24");
    expect(needs("10.8.0.0/16")).toContain("create route:red:10.77.1.0/24");
    expect(needs("10.9.0.0/16:table 100:metric 50")).toContain("create addr:red:eth0:10.0.0.3/24");
  });

  it("what connection tracking sets waits for the rules that make the kernel load it, and no device for that", () => {
    const rules = RAW.find(({ kind }) => kind === "iptables");
    const setting = RAW.find(({ kind, ns }) => kind === "sysctl" && ns === rules?.ns);
    if (rules === undefined || setting?.kind !== "sysctl") expect.fail("no rules, no sysctl");
    const key = "net.netfilter.nf_conntrack_tcp_timeout_established";
    const { operations } = planOperations("x", [{ ...setting, id: "sysctl:x", key }, ...RAW]);
    expect(operations.find(({ id }) => id === "create sysctl:x")?.dependsOn).toContain(`create ${rules.id}`);
    expect(operations.filter(({ dependsOn }) => dependsOn.includes("create sysctl:x"))).toEqual([]);
  });
});

describe("converging", () => {
  it.each([
    ["cluster", OVERLAY],
    ["raw", RAW],
  ] as const)("%s: nothing to do when all is as it should be", (_name, desired) => {
    const plan = planOperations("x", desired, observedAs(desired));
    expect(lines(plan)).toEqual([]);
    expect(formatCounts(plan)).toBe("nothing to do: the lab matches its file");
  });

  it("a namespace that is gone is recreated with all that was in it; servers elsewhere stay", () => {
    const observed = observedAs(OVERLAY);
    const gone = observed.namespaces["default/web-0-0"];
    if (gone === undefined) expect.fail("no namespace");
    Object.assign(gone, { exists: false, links: [], addrs: [], routes: [] });
    const plan = planOperations("x", OVERLAY, observed);
    expectOrdered(plan);
    // Of the cable only the node's end is left: from there it is removed, and set when it is there again.
    expect(
      plan.operations
        .filter(({ resource }) => resource.ns !== "default/web-0-0")
        .map(({ id, resource }) => [id, resource.ns]),
    ).toEqual([
      ["delete veth:default/web-0-0:eth0", "node1"],
      ["create sysctl:node1:net.ipv6.conf.veth00000000.accept_ra", "node1"],
    ]);
    expect(plan.operations.map(({ action, resource }) => `${action} ${resource.kind}`)).toEqual([
      "delete server",
      "delete veth",
      "create netns",
      "create sysctl",
      "create sysctl",
      "create sysctl",
      "create veth",
      "create sysctl",
      ...Array.from({ length: 2 }, () => "create addr"),
      ...Array.from({ length: 4 }, () => "create route"),
      ...Array.from({ length: 3 }, () => "create file"),
      "create server",
    ]);
  });

  it("a device that cannot be changed in place takes along what hangs on it, and nothing else", () => {
    const desired = planResources(labFixture("x", clusterFixture({ cni: { port: 4789 } })));
    const before = planResources(labFixture("x", clusterFixture()));
    const plan = planOperations("x", desired, observedAs(before));
    expectOrdered(plan);
    const node1 = plan.operations.filter(({ node }) => node === "node1").map(({ id }) => id);
    expect(node1.slice(0, 2)).toEqual(["delete vxlan:node1:flannel.1", "create vxlan:node1:flannel.1"]);
    expect(node1.slice(2).every((id) => /flannel\.1|10\.244\.[12]\.0\/24/.test(id))).toBe(true);
    expect(plan.operations.some(({ resource }) => resource.kind === "veth" || resource.kind === "server")).toBe(false);
  });

  it("restarts what the agent lost, ends what is no longer wanted", () => {
    const observed = observedAs(RAW);
    observed.running = [];
    expect(lines(planOperations("x", RAW, observed))).toEqual([
      "create server:red:53/udp [missing]",
      "create process:red:web [not running]",
    ]);
    const without = RAW.filter(({ kind }) => kind !== "process");
    expect(lines(planOperations("x", without, observedAs(RAW)))).toEqual([
      "delete process:red:web [no longer in the lab file]",
    ]);
    const other = RAW.map((it): Resource => (it.kind === "process" ? { ...it, argv: ["sleep", "1"] } : it));
    expect(lines(planOperations("x", other, observedAs(RAW)))).toEqual([
      "delete process:red:web [differs from the lab file]",
      "create process:red:web [differs from the lab file]",
    ]);
  });

  it("a pod on another node is another namespace", () => {
    const cluster = clusterFixture();
    const moved = {
      ...cluster,
      pods: cluster.pods.map((pod, index) =>
        index === 0 ? { ...pod, node: "node2", address: { ipv4: "10.244.1.77" } } : pod,
      ),
    };
    const plan = planOperations(
      "x",
      planResources(labFixture("x", moved)),
      observedAs(planResources(labFixture("x", cluster))),
    );
    expectOrdered(plan);
    const deleted = plan.operations.find(({ id }) => id === "delete netns:default/web-0-0");
    const created = plan.operations.find(({ id }) => id === "create netns:default/web-0-0");
    expect([deleted?.resource.node, created?.resource.node]).toEqual(["node1", "node2"]);
    expect(created?.dependsOn).toContain("delete netns:default/web-0-0");
  });

  it("only deletes what the lab itself applied", () => {
    const observed = observedAs(OVERLAY);
    observed.namespaces["node1"]?.addrs.push({
      dev: "eth0",
      address: "10.9.9.9/24",
      family: "ipv4",
      scope: "global",
      tentative: false,
    });
    expect(lines(planOperations("x", OVERLAY, observed))).toEqual([]);
  });

  it("takes out only those rules that are still there", () => {
    const observed = observedAs(RAW);
    const chain = observed.namespaces["red"]?.iptables.ipv4?.["nat"]?.["POSTROUTING"];
    Object.assign(chain ?? {}, { rules: [] });
    const [operation, ...more] = planOperations("x", RAW, observed).operations;
    expect(more).toEqual([]);
    expect(operation?.id).toBe("update iptables:red:ipv4:nat");
    expect(operation?.before).toMatchObject({
      chains: [{ name: "MINE" }, { name: "PREROUTING", rules: [{}] }, { name: "POSTROUTING", rules: [] }],
    });
  });

  it("deletes before it creates where both want the same device name", () => {
    const lab = (peer: string) =>
      planResources(
        labFixture("x", undefined, {
          ...rawTopology(),
          nodes: [...rawTopology().nodes],
          links: rawTopology().links.map((link, index) =>
            index === 0
              ? {
                  ...link,
                  endpoints: [
                    { node: "red", interface: "eth0" },
                    { node: "blue", interface: peer },
                  ],
                }
              : link,
          ),
        }),
      );
    const plan = planOperations("x", lab("eth5"), observedAs(lab("eth0")));
    expectOrdered(plan);
    expect(plan.operations.find(({ id }) => id === "create veth:red:eth0")?.dependsOn).toContain(
      "delete veth:red:eth0",
    );
  });
});

describe("routes", () => {
  const routes = (more: string) =>
    planResources(loadLabText(rawLab(`        routes: [ { to: 10.9.0.0/16, ${more} } ]`), "lab.yaml").lab);
  /** By hand, after the lab was built as wanted. */
  const drift = (wanted: string, actual: string): readonly string[] => {
    const built = observedAs(routes(wanted));
    const observed = { ...built, namespaces: observedAs(routes(actual)).namespaces };
    return planOperations("x", routes(wanted), observed).operations.map(({ reason }) => reason ?? "");
  };
  const ways = "nexthops: [ { via: 10.0.0.2 }, { via: 10.0.0.3, weight: 2 } ]";

  it("differ by whose they are, where the lab says it", () => {
    expect(drift("via: 10.0.0.2, protocol: bird", "via: 10.0.0.2, protocol: 12")).toEqual([]);
    expect(drift("via: 10.0.0.2", "via: 10.0.0.2, protocol: static")).toEqual([]);
    expect(drift("via: 10.0.0.2, protocol: 80", "via: 10.0.0.2")).toEqual(["protocol is boot, should be 80"]);
  });

  it("differ by their ways, in any order", () => {
    expect(drift(ways, "nexthops: [ { via: 10.0.0.3, dev: eth0, weight: 2 }, { via: 10.0.0.2, dev: eth0 } ]")).toEqual(
      [],
    );
    expect(drift(ways, "via: 10.0.0.2").join()).toMatch(/next hops is none, should be nexthop via 10.0.0.2 weight 1 /);
  });

  it("of several ways wait for the address behind which they are", () => {
    const { operations } = planOperations("x", routes(ways));
    const route = operations.find(({ id }) => id === "create route:red:10.9.0.0/16");
    expect(route?.dependsOn).toContain("create addr:red:eth0:10.0.0.1/24");
  });
});

describe("formatPlan", () => {
  it("says by node what happens and why, and counts", () => {
    const observed = observedAs(RAW);
    observed.namespaces["red"]?.routes.splice(0, 1);
    const text = formatPlan(planOperations("x", RAW, observed));
    expect(text).toBe(
      "red\n  + route default via 10.0.0.2  [missing]  # labs/x.yaml:8:3 spec.topology.nodes.red: test\n\n1 operation: 1 to create\n",
    );
  });

  it("lets no control characters through", () => {
    const evil = RAW.map((it) => ({ ...it, cause: { ...it.cause, object: "evil\u001b[31m\nrm -rf" } }));
    expect(formatPlan(planOperations("x", evil))).not.toMatch(/\u001b|\nrm/);
  });
});
