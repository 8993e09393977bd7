/** What `kubectl get -o yaml` says of nodes, pods and Services is kept, in labs and in policy commands; what cannot be is said. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadLabText } from "../../../src/load/load-lab.ts";
import { loadPolicyLab } from "../../../src/load/policy-manifests.ts";
import type { ClusterModel } from "../../../src/cluster/cluster.ts";
import type { PodModel } from "../../../src/kube/pod/pod-model.ts";
import { policyWorld } from "../../../src/cluster/policy/policy-world.ts";
import { groupVerdicts, policyConnections } from "../../../src/oracle/policy/policy-connections.ts";
import { clusterLab, diagnose, lab } from "./diagnose.ts";

interface Facts {
  readonly node?: string;
  readonly ip?: string;
  readonly hostIP?: string;
  readonly owner?: readonly [string, string];
  readonly hostNetwork?: boolean;
}

function pod(name: string, { node, ip, hostIP, owner, hostNetwork = false }: Facts): object {
  const [kind, ownerName] = owner ?? [];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      labels: { app: name.split("-")[0] },
      ...(kind === undefined
        ? {}
        : { ownerReferences: [{ apiVersion: "apps/v1", kind, name: ownerName, controller: true }] }),
    },
    spec: { nodeName: node, hostNetwork, containers: [{ name: "c", image: "x", ports: [{ containerPort: 8080 }] }] },
    status: { phase: "Running", hostIP, podIP: ip, podIPs: ip === undefined ? [] : [{ ip }] },
  };
}

const node = (name: string, address: string, podCIDR?: string, labels: object = {}): object => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, labels },
  spec: { podCIDR },
  status: {
    addresses: [
      { type: "ExternalIP", address: "198.51.100.1" },
      { type: "InternalIP", address },
    ],
    capacity: { cpu: 2 },
  },
});
const service = (name: string, clusterIP: string, nodePort?: number): object => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name },
  spec: {
    clusterIP,
    clusterIPs: [clusterIP],
    type: nodePort === undefined ? "ClusterIP" : "NodePort",
    selector: { app: "db" },
    ports: [{ port: 80, targetPort: 8080, nodePort }],
  },
});
const all = (...items: readonly object[]): string => JSON.stringify({ apiVersion: "v1", kind: "List", items });

function policy(...items: readonly object[]) {
  const cwd = mkdtempSync(join(tmpdir(), "facts-"));
  try {
    writeFileSync(join(cwd, "m.json"), all(...items));
    const { lab: made, warnings } = loadPolicyLab(["m.json"], { cwd });
    if (made.clusters[0] === undefined) throw new Error("no cluster");
    const own = made.clusters[0].pods.filter(({ namespace }) => namespace === "default");
    return { lab: made, cluster: made.clusters[0], pods: own, warnings: warnings.map(({ message }) => message) };
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

const where = (pods: readonly PodModel[]): readonly string[] =>
  pods.map((one) => `${one.name} ${one.node} ${one.address.ipv4}`);

const RUNNING = [
  node("ip-10-0-1-5.ec2.internal", "10.128.0.5", "10.8.0.0/24", { "topology.kubernetes.io/zone": "a" }),
  node("gke-b", "10.128.0.9", "10.8.1.0/24"),
  pod("db-x", { node: "gke-b", ip: "10.8.1.20", hostIP: "10.128.0.9" }),
  pod("agent", { node: "ip-10-0-1-5.ec2.internal", ip: "10.128.0.5", hostIP: "10.128.0.5", hostNetwork: true }),
  service("db", "10.12.3.4", 31234),
];

describe("policy commands", () => {
  test("nodes, addresses, cluster IPs and node ports are those of the manifests", () => {
    const { cluster, pods, warnings } = policy(...RUNNING);
    expect(where(pods)).toEqual(["db-x gke-b 10.8.1.20", "agent ip-10-0-1-5.ec2.internal 10.128.0.5"]);
    const nodes = Object.fromEntries(cluster.nodes.map((one) => [one.name, `${one.address.ipv4} ${one.podCIDR.ipv4}`]));
    expect(nodes).toMatchObject({
      "ip-10-0-1-5.ec2.internal": "10.128.0.5 10.8.0.0/24",
      "gke-b": "10.128.0.9 10.8.1.0/24",
    });
    expect(cluster.nodes.find(({ name }) => name.startsWith("ip-"))?.labels["topology.kubernetes.io/zone"]).toBe("a");
    const own = cluster.services.find(({ name }) => name === "db");
    expect([own?.clusterIPs, own?.ports[0]?.nodePort]).toEqual([["10.12.3.4"], 31234]);
    expect(warnings).toEqual([]);
  });

  test("without Node objects, from the pods alone: each node's part is the range that its pods are in", () => {
    const { cluster, pods, warnings } = policy(
      pod("a", { node: "n1", ip: "10.42.0.7", hostIP: "172.18.0.3" }),
      pod("b", { node: "n2", ip: "10.42.3.9", hostIP: "172.18.0.4" }),
    );
    expect(where(pods)).toEqual(["a n1 10.42.0.7", "b n2 10.42.3.9"]);
    expect(cluster.nodes.find(({ name }) => name === "n2")).toMatchObject({
      address: { ipv4: "172.18.0.4" },
      podCIDR: { ipv4: "10.42.3.0/24" },
    });
    expect(warnings).toEqual([]);
  });

  test("a hostNetwork pod reaches isolated pods of its own node only", () => {
    const { lab: made, cluster } = policy(
      pod("agent-1", { node: "n1", hostNetwork: true, owner: ["DaemonSet", "agent"] }),
      pod("agent-2", { node: "n2", hostNetwork: true, owner: ["DaemonSet", "agent"] }),
      pod("agent-3", { node: "n3", hostNetwork: true, owner: ["DaemonSet", "agent"] }),
      pod("web", { node: "n2" }),
      { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: { name: "p" }, spec: { podSelector: {} } },
    );
    const reaching = policyConnections(made, cluster, policyWorld(cluster)).filter(
      ({ from, to, judgement }) => from.name.includes("agent") && to.name === "default/web" && judgement.allowed,
    );
    expect(reaching.map(({ from }) => from.target.pod?.name)).toEqual(["agent-2"]);
  });

  test("running pods stand for the workload in the input that made them, two for those that are alike, and bear its name", () => {
    const deployment = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web" },
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: "web" } },
        template: {
          metadata: { labels: { app: "web" } },
          spec: { containers: [{ name: "c", ports: [{ containerPort: 8080 }] }] },
        },
      },
    };
    const owner = ["ReplicaSet", "web-6d4cf56db6"] as const;
    const {
      lab: made,
      cluster,
      pods,
      warnings,
    } = policy(
      deployment,
      pod("web-6d4cf56db6-aaaaa", { node: "n1", ip: "10.8.0.2", owner }),
      pod("web-6d4cf56db6-bbbbb", { node: "n1", ip: "10.8.0.3", owner }),
      pod("web-6d4cf56db6-ccccc", { node: "n2", ip: "10.8.1.2", owner }),
      pod("db-x", { node: "n2", ip: "10.8.1.3" }),
    );
    expect(where(pods)).toEqual([
      "web-6d4cf56db6-aaaaa n1 10.8.0.2",
      "web-6d4cf56db6-ccccc n2 10.8.1.2",
      "db-x n2 10.8.1.3",
    ]);
    expect([...groupVerdicts(policyConnections(made, cluster)).keys()]).toContain(
      "default/web -> default/db-x 8080/tcp",
    );
    expect(warnings).toEqual([
      "Deployment default/web has fewer pods here than asked for: pods with the same labels have the same verdicts",
    ]);
  });

  test("what cannot be kept is named", () => {
    const shared = policy(
      pod("a", { node: "n1", ip: "10.0.1.5", hostIP: "10.0.1.1" }),
      pod("b", { node: "n2", ip: "10.0.1.6", hostIP: "10.0.1.2" }),
      pod("c", { node: "n1", ip: "10.0.1.7", hostIP: "10.0.1.1" }),
      pod("d", { node: "n2", ip: "10.0.1.200", hostIP: "10.0.1.2" }),
    );
    expect(shared.warnings).toContain(
      "not kept: pods' addresses (10.0.1.5 and 3 more): nodes share their ranges, but here each needs one of its own",
    );
    expect(shared.pods.map((one) => one.node)).toEqual(["n1", "n2", "n1", "n2"]);
    const documentation = policy(pod("a", { node: "n1", hostIP: "203.0.113.7" }));
    expect(documentation.warnings).toEqual(["not kept: nodes' addresses (203.0.113.7): their range overlaps others"]);
  });
});

describe("labs", () => {
  test("Node objects are nodes; addresses of pods, cluster IPs and node ports are kept", () => {
    const { lab: made, warnings } = loadLabText(clusterLab("    nodes: [gke-b]", all(...RUNNING)), "lab.yaml");
    expect(made.clusters[0]?.nodes.map(({ name }) => name)).toEqual(["gke-b", "ip-10-0-1-5.ec2.internal"]);
    expect(where((made.clusters[0]?.pods ?? []).filter(({ namespace }) => namespace === "default"))).toEqual([
      "db-x gke-b 10.8.1.20",
      "agent ip-10-0-1-5.ec2.internal 10.128.0.5",
    ]);
    expect(made.clusters[0]?.services.find(({ name }) => name === "db")?.clusterIPs).toEqual(["10.12.3.4"]);
    expect(warnings).toEqual([]);
  });

  test("the lab's own ranges and addresses win, and what is not in them is reported", () => {
    const text = lab(`  cluster:
    nodes: [{ name: gke-b, address: 192.168.70.9 }]
    nodeCIDR: 192.168.70.0/24
    podCIDR: 10.99.0.0/16
---
${all(...RUNNING)}`);
    const told = diagnose(text).join("\n");
    expect(told).toContain(
      "not kept: the address of node ip-10-0-1-5.ec2.internal (10.128.0.5): it is not in 192.168.70.0/24",
    );
    expect(told).toContain("not kept: the podCIDR of node gke-b (10.8.1.0/24): it is not in 10.99.0.0/16");
    expect(told).toContain(
      "the address of pod default/db-x, 10.8.1.20, cannot be kept: it is not in its node's podCIDR, or already in use",
    );
  });

  test("nodes with a podCIDR of their own; the others get the next that is free", () => {
    const { lab: made } = loadLabText(
      clusterLab("    nodes: [n1, { name: n2, podCIDR: 10.244.0.0/24 }, n3]", JSON.stringify(pod("a", { node: "n1" }))),
      "lab.yaml",
    );
    expect(made.clusters[0]?.nodes.map(({ podCIDR }) => podCIDR.ipv4)).toEqual([
      "10.244.1.0/24",
      "10.244.0.0/24",
      "10.244.2.0/24",
    ]);
  });

  test.each([
    ["{ name: b, podCIDR: 10.1.0.0/24 }", "10.1.0.0/24 is not in podCIDR 10.244.0.0/16"],
    ["{ name: b, podCIDR: 10.244.0.0/31 }", "10.244.0.0/31 is too small"],
    [
      "{ name: b, podCIDR: 10.244.0.0/24 }, { name: c, podCIDR: 10.244.0.128/25 }",
      "10.244.0.128/25 overlaps another node's podCIDR",
    ],
  ])("%s", (nodes, message) => {
    expect(diagnose(clusterLab(`    nodes: [a, ${nodes}]`, JSON.stringify(pod("a", { node: "a" })))).join()).toContain(
      message,
    );
  });

  test("what workloads of the input made is not there twice", () => {
    const owner = ["StatefulSet", "db"] as const;
    const text = all(
      {
        apiVersion: "apps/v1",
        kind: "StatefulSet",
        metadata: { name: "db" },
        spec: {
          selector: { matchLabels: { app: "db" } },
          template: { metadata: { labels: { app: "db" } }, spec: { containers: [{ name: "c" }] } },
        },
      },
      pod("db-0", { node: "n1", owner }),
    );
    const { lab: made, warnings } = loadLabText(clusterLab("    nodes: [n1]", text), "lab.yaml");
    expect(made.clusters[0]?.pods.map(({ name }) => name)).toEqual(["db-0"]);
    expect(warnings.map(({ message }) => message)).toEqual([
      "Pod db-0 is left out: here the workload recreates it, on a node of its choice and with a new address",
    ]);
  });
});

describe("two families", () => {
  const dual = [
    {
      ...node("worker", "fc00:f853::3"),
      spec: { podCIDR: "fd00:10:245:1::/64", podCIDRs: ["fd00:10:245:1::/64", "10.245.1.0/24"] },
      status: { addresses: ["fc00:f853::3", "172.18.0.3"].map((address) => ({ type: "InternalIP", address })) },
    },
    {
      ...pod("db-x", { node: "worker" }),
      status: { podIP: "fd00:10:245:1::5", podIPs: [{ ip: "fd00:10:245:1::5" }, { ip: "10.245.1.5" }] },
    },
    {
      ...service("db", "fd00:10:97::ab"),
      spec: {
        clusterIP: "fd00:10:97::ab",
        clusterIPs: ["fd00:10:97::ab", "10.97.0.7"],
        selector: { app: "db" },
        ipFamilies: ["IPv6", "IPv4"],
        ipFamilyPolicy: "PreferDualStack",
        ports: [{ port: 80 }],
      },
    },
  ];
  const seen = (cluster: ClusterModel | undefined): unknown => {
    const worker = cluster?.nodes.find(({ name }) => name === "worker");
    return {
      node: [worker?.address, worker?.podCIDR],
      pod: cluster?.pods.find(({ name }) => name === "db-x")?.address,
      service: cluster?.services.find(({ name }) => name === "db")?.clusterIPs,
    };
  };
  const kept = {
    node: [
      { ipv4: "172.18.0.3", ipv6: "fc00:f853::3" },
      { ipv4: "10.245.1.0/24", ipv6: "fd00:10:245:1::/64" },
    ],
    pod: { ipv4: "10.245.1.5", ipv6: "fd00:10:245:1::5" },
    service: ["fd00:10:97::ab", "10.97.0.7"],
  };

  test("both are kept, in their order, in labs without nodes of their own and in policy commands", () => {
    const text = (spec: string): string => lab(`  cluster: ${spec}\n---\n${all(...dual)}`);
    const { lab: made, warnings } = loadLabText(text("{}"), "lab.yaml");
    expect(seen(made.clusters[0])).toEqual(kept);
    expect(Object.keys(made.clusters[0]?.podCIDR ?? {})).toEqual(["ipv6", "ipv4"]);
    expect(warnings).toEqual([]);
    const ofPolicy = policy(...dual);
    expect(seen(ofPolicy.cluster)).toEqual(kept);
    expect(ofPolicy.warnings).toEqual([]);
    expect(diagnose(text("{ podCIDR: 10.245.0.0/16, serviceCIDR: 10.97.0.0/16 }")).join("\n")).toContain(
      "not kept: IPv6 addresses (fc00:f853::3 and 3 more): the cluster has no IPv6 range",
    );
  });

  test("IPv6 alone is IPv6 alone", () => {
    const only = [
      { ...node("worker", "fc00:f853::3"), spec: { podCIDR: "fd00:10:245:1::/64" } },
      { ...pod("db-x", { node: "worker" }), status: { podIP: "fd00:10:245:1::5" } },
      service("db", "fd00:10:97::ab"),
    ];
    const { lab: made, warnings } = loadLabText(lab(`  cluster: {}\n---\n${all(...only)}`), "lab.yaml");
    const only6 = {
      node: [{ ipv6: "fc00:f853::3" }, { ipv6: "fd00:10:245:1::/64" }],
      pod: { ipv6: "fd00:10:245:1::5" },
      service: ["fd00:10:97::ab"],
    };
    expect(seen(made.clusters[0])).toEqual(only6);
    expect(warnings).toEqual([]);
    const ofPolicy = policy(...only);
    expect(seen(ofPolicy.cluster)).toEqual(only6);
    expect([Object.keys(ofPolicy.cluster.podCIDR), ofPolicy.warnings]).toEqual([["ipv6"], []]);
  });

  test("IPv6 addresses of nodes whose pods have none are named", () => {
    const two = {
      ...node("worker", "172.18.0.3", "10.245.1.0/24"),
      status: { addresses: ["172.18.0.3", "fc00:f853::3"].map((address) => ({ type: "InternalIP", address })) },
    };
    const told = ["not kept: IPv6 addresses (fc00:f853::3): only nodes can have one, not pods or Services"];
    const { lab: made, warnings } = loadLabText(lab(`  cluster: {}\n---\n${all(two)}`), "lab.yaml");
    expect(made.clusters[0]?.nodes[0]?.address).toEqual({ ipv4: "172.18.0.3" });
    expect(warnings.map(({ message }) => message)).toEqual(told);
    expect(policy(two).warnings).toEqual(told);
  });

  test("a cluster without any node says what to do", () => {
    expect(diagnose(lab("  cluster: {}"))).toEqual([expect.stringContaining("spec.cluster has no nodes")]);
    expect(diagnose(lab("  cluster: { nodes: 5 }"))).toHaveLength(1);
  });
});
