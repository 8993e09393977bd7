/**
 * The script of a plan, run by a shell on real namespaces; then the planner itself must find nothing left to do, and after
 * something is broken by hand it must find exactly that, and the commands of its operations must mend it.
 *
 *     pod ─ node1 ─┐              red:eth0 ── red:p1 [br0] ── blue
 *     pod ─ node2 ─┴ underlay ─ router ─ internet
 */
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseIptablesSave, fingerprintOf } from "../../src/apply/iptables-save.ts";
import { observeNamespace } from "../../src/apply/observe-namespace.ts";
import { resolvePeers } from "../../src/apply/veth-peers.ts";
import { encodeCommand } from "../../src/resources/definitions.ts";
import { ListingTable } from "../../src/resources/listings.ts";
import { encodeIptablesRestore } from "../../src/resources/iptables/restore-input.ts";
import { encodeScript } from "../../src/plan/script.ts";
import { closeNetns, NETNS_FOLDER, openNetns } from "../../src/kernel/netns.ts";
import type { ClusterModel } from "../../src/cluster/cluster.ts";
import type { ContainerModel } from "../../src/kube/pod/pod-model.ts";
import type { Lab } from "../../src/lab/lab.ts";
import type { NamespaceState, ObservedIptables, ObservedState } from "../../src/resources/observed.ts";
import type { Operation } from "../../src/resources/operation.ts";
import { planOperations } from "../../src/plan/plan-operations.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import { netnsName } from "../../src/net/netns-name.ts";
import type { Family } from "../../src/net/family.ts";
import type { IptablesResource } from "../../src/resources/iptables/definition.ts";
import type { Resource } from "../../src/resources/resource.ts";
import { clusterFixture, labFixture } from "../unit/cluster/cluster-fixture.ts";
import { rawTopology } from "../unit/fabric/raw-fixture.ts";

const LAB = `planx-${process.pid}`;

function names(): string[] {
  return readdirSync(NETNS_FOLDER).filter((name) => name.startsWith(`${LAB}.`));
}

function removeAll(): void {
  for (const name of names()) execFileSync("ip", ["netns", "del", name]);
}

function sh(script: string): void {
  const { status, stderr } = spawnSync("sh", ["-e"], { input: script, encoding: "utf8", timeout: 30_000 });
  expect(stderr).toBe("");
  expect(status).toBe(0);
}

function save(netns: string, family: Family): ObservedIptables {
  const argv = ["netns", "exec", netns, family === "ipv6" ? "ip6tables-save" : "iptables-save"];
  return parseIptablesSave(execFileSync("ip", argv, { encoding: "utf8" }).split("\n"), new ListingTable().keep) ?? {};
}

/** What the agent would report after it had applied these resources. */
class World {
  readonly applied: Resource[];
  fingerprints: Record<string, Record<string, readonly string[]>> = {};

  constructor(applied: readonly Resource[]) {
    this.applied = [...applied];
    this.remember();
  }

  /** As the agent does after each restore. */
  remember(): void {
    for (const resource of this.applied)
      if (resource.kind === "iptables" && names().includes(netnsName(LAB, resource)))
        this.fingerprints[resource.id] = {
          ...fingerprintOf(resource, save(netnsName(LAB, resource), resource.family)),
        };
  }

  observe(): ObservedState {
    const parts: Record<
      string,
      Omit<NamespaceState, "links"> & { links: ReturnType<typeof observeNamespace>["links"] }
    > = {};
    for (const resource of this.applied) {
      if (resource.kind !== "netns") continue;
      const { ns, node } = resource;
      const netns = netnsName(LAB, resource);
      const empty = { addrs: [], routes: [], rules: [], neighs: [], fdb: [], sysctls: {}, qdiscs: [], links: [] };
      const exists = names().includes(netns);
      const families = new Set(
        this.applied
          .filter((it): it is IptablesResource => it.kind === "iptables" && it.ns === ns)
          .map((it) => it.family),
      );
      const iptables = exists ? Object.fromEntries([...families].map((family) => [family, save(netns, family)])) : {};
      let seen: ReturnType<typeof observeNamespace> = empty;
      if (exists) {
        const handle = openNetns(netns);
        seen = observeNamespace(handle, {
          sysctls: this.applied.flatMap((it) => (it.kind === "sysctl" && it.ns === ns ? [it.key] : [])),
        });
        closeNetns(handle);
      }
      parts[ns] = { ns, node, netns, exists, iptables, ...seen };
    }
    const links = resolvePeers(parts, this.applied);
    return {
      namespaces: Object.fromEntries(
        Object.entries(parts).map(([ns, part]) => [ns, { ...part, links: links[ns] ?? [] }]),
      ),
      applied: Object.fromEntries(this.applied.map((resource) => [resource.id, resource])),
      iptablesAfterApply: this.fingerprints,
      running: this.applied.filter(({ kind }) => kind === "server" || kind === "process").map(({ id }) => id),
    };
  }
}

function build(lab: Lab): World {
  const desired = planResources(lab);
  sh(encodeScript(planOperations(lab.name, desired)));
  return new World(desired);
}

function summary(operations: readonly Operation[]): string[] {
  return operations.map(({ id, reason }) => `${id}: ${reason ?? ""}`);
}

/** Runs the operations as the agent would: iptables by restore, all else by the commands shown to people. */
function mend(world: World, operations: readonly Operation[]): void {
  const lines = operations.map((operation) => {
    const { resource, action, before } = operation;
    if (resource.kind === "server" || resource.kind === "process") return "";
    if (resource.kind !== "iptables") return encodeCommand(LAB, operation);
    const text = encodeIptablesRestore([
      { action, resource, before: before?.kind === "iptables" ? before : undefined },
    ]);
    return text === ""
      ? ""
      : `ip netns exec ${netnsName(LAB, resource)} ${resource.family === "ipv6" ? "ip6tables" : "iptables"}-restore --noflush <<'E'\n${text}E`;
  });
  sh(lines.join("\n"));
  world.remember();
}

beforeEach(removeAll);
afterEach(() => {
  removeAll();
  expect(names()).toEqual([]);
});

function hostPortCluster(): ClusterModel {
  const cluster = clusterFixture({ families: ["ipv4", "ipv6"] });
  const withHostPort = (container: ContainerModel): ContainerModel => ({
    ...container,
    ports: container.ports.map((port) => ({ ...port, hostPort: 8080 })),
  });
  return { ...cluster, pods: cluster.pods.map((pod) => ({ ...pod, containers: pod.containers.map(withHostPort) })) };
}

const LABS: Record<string, Lab> = {
  vxlan: labFixture(LAB, clusterFixture()),
  "dual stack with direct routing over two switches": labFixture(
    LAB,
    clusterFixture({ families: ["ipv4", "ipv6"], switches: [0, 0, 1], cni: { directRouting: true } }),
  ),
  "host-gw": labFixture(LAB, clusterFixture({ families: ["ipv4", "ipv6"], cni: { backend: "host-gw" } })),
  hostPort: labFixture(LAB, hostPortCluster()),
  "everything of the raw layer": labFixture(LAB, undefined, rawTopology()),
};

describe("the script builds what the planner wants", () => {
  for (const [name, lab] of Object.entries(LABS))
    it(name, () => {
      const world = build(lab);
      expect(summary(planOperations(LAB, planResources(lab), world.observe()).operations)).toEqual([]);
    });

  it("and pods reach each other through it", () => {
    build(labFixture(LAB, clusterFixture({ families: ["ipv4", "ipv6"] })));
    for (const address of ["10.244.1.2", "fd00:10:244:1::2"])
      execFileSync("ip", ["netns", "exec", `${LAB}.node1.default.web-0-0`, "ping", "-c1", "-w5", address], {
        stdio: "pipe",
      });
  });
});

describe("what is broken by hand is found and repaired", () => {
  const breakages: readonly { readonly lab: string; readonly breakage: string; readonly finds: readonly string[] }[] = [
    {
      lab: "vxlan",
      breakage: `ip -n ${LAB}.node1 route del 10.244.1.0/24
        ip -n ${LAB}.node1 route replace 10.244.2.0/24 via 192.168.50.12 dev eth0
        ip -n ${LAB}.node1 link set cni0 mtu 1400
        ip netns exec ${LAB}.node1 sysctl -qw net.ipv4.ip_forward=0
        ip netns exec ${LAB}.node1 iptables -t nat -F FLANNEL-POSTRTG
        ip netns exec ${LAB}.node1 iptables -F FORWARD`,
      finds: [
        "update bridge:node1:cni0: cni0: mtu is 1400, should be 1450",
        "create route:node1:10.244.1.0/24: missing",
        "update iptables:node1:ipv4:filter: FORWARD: rule",
        "update iptables:node1:ipv4:nat: FLANNEL-POSTRTG: 6 of 6 rules are missing",
        "update route:node1:10.244.2.0/24: via is 192.168.50.12, should be 10.244.2.0; dev is eth0, should be flannel.1; onlink is off, should be on",
        "update sysctl:node1:net.ipv4.ip_forward: net.ipv4.ip_forward is 0, should be 1",
      ],
    },
    {
      lab: "vxlan",
      breakage: `ip -n ${LAB}.node1 link del flannel.1`,
      finds: [
        "create addr:node1:flannel.1:10.244.0.0/32: missing",
        ...["10.244.1.0", "10.244.2.0"].flatMap((remote) => [
          `create neigh:node1:flannel.1:${remote}: missing`,
          `create route:node1:${remote}/24: missing`,
        ]),
        "create vxlan:node1:flannel.1: missing",
      ],
    },
    {
      lab: "vxlan",
      breakage: `ip -n ${LAB}.node1 link del cni0`,
      finds: [
        "create bridge:node1:cni0: missing",
        "create addr:node1:cni0:10.244.0.1/24: missing",
        "update veth:default/web-0-0:eth0: veth00000000: master is none, should be cni0",
      ],
    },
    {
      lab: "vxlan",
      breakage: `ip netns del ${LAB}.node1.default.web-0-0; sleep 0.2`,
      finds: [
        "create netns:default/web-0-0: missing",
        "create veth:default/web-0-0:eth0: missing",
        "create server:default/web-0-0:80/tcp",
      ],
    },
    {
      lab: "everything of the raw layer",
      breakage: `ip -n ${LAB}.red link set eth0 down; ip -n ${LAB}.red -6 route flush table 100; tc -n ${LAB}.red qdisc del dev eth0 root; ip -n ${LAB}.red rule del priority 1000`,
      finds: [
        "update veth:red:eth0: eth0: state is down, should be up",
        "create qdisc:red:eth0: missing",
        "create rule:red:ipv4:1000",
      ],
    },
  ];
  for (const { lab: name, breakage, finds } of breakages)
    it(`${name}: ${breakage.split("\n")[0] ?? ""}`, () => {
      const lab = LABS[name] ?? expect.fail(`no lab ${name}`);
      const world = build(lab);
      sh(breakage);
      const desired = planResources(lab);
      const { operations } = planOperations(LAB, desired, world.observe());
      const found = summary(operations);
      for (const line of finds)
        expect(
          found.filter((it) => it.startsWith(line)),
          `${line} in\n${found.join("\n")}`,
        ).toHaveLength(1);
      mend(world, operations);
      expect(summary(planOperations(LAB, desired, world.observe()).operations)).toEqual([]);
    });

  it("leaves alone what was added by hand", () => {
    const lab = labFixture(LAB, clusterFixture());
    const world = build(lab);
    sh(`ip -n ${LAB}.node1 link add extra type bridge
        ip -n ${LAB}.node1 addr add 10.99.0.1/24 dev extra
        ip -n ${LAB}.node1 route add 10.98.0.0/16 via 192.168.50.1
        ip netns exec ${LAB}.node1 iptables -I FORWARD -s 10.97.0.0/16 -j DROP
        ip netns exec ${LAB}.node1 iptables -N MINE`);
    expect(summary(planOperations(LAB, planResources(lab), world.observe()).operations)).toEqual([]);
  });
});

describe("a changed lab", () => {
  const steps: readonly { readonly name: string; readonly from: Lab; readonly to: Lab }[] = [
    {
      name: "from vxlan to host-gw",
      from: labFixture(LAB, clusterFixture()),
      to: labFixture(LAB, clusterFixture({ cni: { backend: "host-gw" } })),
    },
    {
      name: "without masquerade, with another VNI",
      from: labFixture(LAB, clusterFixture()),
      to: labFixture(LAB, clusterFixture({ cni: { ipMasq: false, vni: 7 } })),
    },
    {
      name: "with fewer pods and nodes",
      from: labFixture(LAB, clusterFixture({ podsPerNode: 2 })),
      to: labFixture(LAB, clusterFixture({ switches: [0, 0] })),
    },
    {
      name: "from one family to two",
      from: labFixture(LAB, clusterFixture()),
      to: labFixture(LAB, clusterFixture({ families: ["ipv4", "ipv6"] })),
    },
    {
      name: "another lab altogether",
      from: labFixture(LAB, clusterFixture()),
      to: labFixture(LAB, undefined, rawTopology()),
    },
  ];
  for (const { name, from, to } of steps)
    it(`${name}: the operations lead there`, () => {
      const world = build(from);
      const desired = planResources(to);
      const { operations } = planOperations(LAB, desired, world.observe());
      expect(operations.length).toBeGreaterThan(0);
      mend(world, operations);
      const then = new World(desired);
      expect(summary(planOperations(LAB, desired, then.observe()).operations)).toEqual([]);
      expect(names().toSorted()).toEqual(
        desired
          .filter(({ kind }) => kind === "netns")
          .map((it) => netnsName(LAB, it))
          .toSorted(),
      );
    });
});
