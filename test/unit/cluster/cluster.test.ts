import { describe, expect, test } from "vitest";
import { loadLabText } from "../../../src/load/load-lab.ts";
import { clusterLab, diagnose, pod } from "../load/diagnose.ts";

function cluster(spec: string, ...manifests: string[]) {
  const found = loadLabText(clusterLab(spec, ...manifests), "lab.yaml").lab.clusters[0];
  if (found === undefined) throw new Error("no cluster");
  return found;
}

const NODES = "    nodes: [node1, node2, node3]";

function workload(kind: string, name: string, replicas: number, more = ""): string {
  return `apiVersion: apps/v1\nkind: ${kind}\nmetadata: { name: ${name} }\nspec: { replicas: ${replicas}, selector: { matchLabels: { app: w } }, template: { metadata: { labels: { app: w } }, spec: { containers: [ { name: c${more} } ] } } }`;
}

describe("addresses", () => {
  test("defaults", () => {
    const { nodes, switches, internet } = cluster(NODES, pod("a", ", nodeName: node2"), pod("b", ", nodeName: node2"));
    expect(nodes.map((n) => [n.address.ipv4, n.podCIDR.ipv4])).toEqual([
      ["192.168.50.11", "10.244.0.0/24"],
      ["192.168.50.12", "10.244.1.0/24"],
      ["192.168.50.13", "10.244.2.0/24"],
    ]);
    expect(switches).toHaveLength(1);
    expect(switches[0]).toMatchObject({ name: "underlay", gateway: { ipv4: "192.168.50.1" } });
    expect(internet).toMatchObject({
      address: { ipv4: "203.0.113.10" },
      router: { ipv4: "203.0.113.1" },
      servers: [80],
    });
  });

  test("pods get addresses in order of appearance on their node", () => {
    const { pods } = cluster(
      NODES,
      pod("a", ", nodeName: node2"),
      pod("b", ", nodeName: node1"),
      pod("c", ", nodeName: node2"),
    );
    expect(pods.map((p) => p.address.ipv4)).toEqual(["10.244.1.2", "10.244.0.2", "10.244.1.3"]);
    expect(pods.every((p) => /^veth[0-9a-f]{8}$/.test(p.vethName))).toBe(true);
  });

  test("one field with IPv6 makes the lab dual stack, defaults follow", () => {
    const { lab } = loadLabText(
      clusterLab(`${NODES}\n    podCIDR: 10.244.0.0/16,fd00:10:244::/56`, pod("a")),
      "lab.yaml",
    );
    expect(lab.families).toEqual(["ipv4", "ipv6"]);
    expect(lab.clusters[0]?.nodes[1]).toMatchObject({
      address: { ipv4: "192.168.50.12", ipv6: "fd00:50::12" },
      podCIDR: { ipv6: "fd00:10:244:1::/64" },
    });
    expect(lab.clusters[0]?.pods[0]?.address).toEqual({ ipv4: "10.244.0.2", ipv6: "fd00:10:244::2" });
    expect(lab.clusters[0]?.serviceCIDR).toEqual({ ipv4: "10.96.0.0/16", ipv6: "fd00:10:96::/112" });
  });

  test("IPv6 alone", () => {
    const { lab } = loadLabText(clusterLab(`${NODES}\n    podCIDR: fd00:10:244::/56`, pod("a")), "lab.yaml");
    expect(lab.families).toEqual(["ipv6"]);
    expect(lab.clusters[0]?.nodes[0]?.address).toEqual({ ipv6: "fd00:50::11" });
  });

  test("a node's own subnet has its own switch; asked addresses are kept free", () => {
    const { nodes, switches } = cluster(
      "    nodes: [a, { name: b, nodeCIDR: 192.168.51.0/24, labels: { rack: x } }, { name: c, address: 192.168.50.12 }, d]",
    );
    expect(switches.map((s) => [s.name, s.gateway.ipv4])).toEqual([
      ["underlay", "192.168.50.1"],
      ["underlay2", "192.168.51.1"],
    ]);
    expect(nodes.map((n) => [n.switch, n.address.ipv4])).toEqual([
      ["underlay", "192.168.50.11"],
      ["underlay2", "192.168.51.11"],
      ["underlay", "192.168.50.12"],
      ["underlay", "192.168.50.13"],
    ]);
    expect(nodes[1]?.labels).toMatchObject({ rack: "x", "kubernetes.io/hostname": "b" });
  });

  test("small ranges", () => {
    const { nodes } = cluster(`${NODES}\n    nodeCIDR: 192.168.50.0/29\n    podCIDR: 10.244.0.0/26`);
    expect(nodes.map((n) => [n.address.ipv4, n.podCIDR.ipv4])).toEqual([
      ["192.168.50.2", "10.244.0.0/28"],
      ["192.168.50.3", "10.244.0.16/28"],
      ["192.168.50.4", "10.244.0.32/28"],
    ]);
  });

  test("sysctls of a node are additions to its namespace", () => {
    const { lab } = loadLabText(
      clusterLab("    nodes: [ { name: a, sysctls: { net.ipv4.conf.all.rp_filter: 1 } } ]"),
      "lab.yaml",
    );
    expect(lab.topology.nodes).toMatchObject([
      { name: "a", role: "node", resources: [{ kind: "sysctl", key: "net.ipv4.conf.all.rp_filter", value: "1" }] },
    ]);
  });
});

describe("workloads", () => {
  test("names are Kubernetes', stable, and stay when scaled", () => {
    const names = (replicas: number) => cluster(NODES, workload("Deployment", "web", replicas)).pods.map((p) => p.name);
    expect(names(3)).toEqual(names(5).slice(0, 3));
    for (const name of names(5))
      expect(name).toMatch(/^web-[bcdf-hj-np-tv-xz2456789]{8,10}-[bcdf-hj-np-tv-xz2456789]{5}$/);
    expect(new Set(names(5)).size).toBe(5);
  });

  test("another template gives another hash, another count does not", () => {
    const hash = (more: string, replicas: number) =>
      cluster(NODES, workload("Deployment", "web", replicas, more)).pods[0]?.labels["pod-template-hash"];
    expect(hash("", 1)).toBe(hash("", 3));
    expect(hash(", ports: [ { containerPort: 80 } ]", 1)).not.toBe(hash("", 1));
  });

  test("a ReplicaSet's pods, and a long name's", () => {
    const name = "x".repeat(70);
    const { pods } = cluster(NODES, workload("ReplicaSet", name, 1));
    expect(pods[0]?.name).toHaveLength(63);
    expect(pods[0]?.owner).toEqual({ kind: "ReplicaSet", name, hash: "", ordinal: 0 });
  });

  test("replicas spread, pods go to the least loaded node, selectors are obeyed", () => {
    const { pods } = cluster(
      "    nodes: [a, b, { name: c, labels: { disk: ssd } }]",
      pod("fixed", ", nodeName: a"),
      workload("Deployment", "web", 3),
      pod("ssd", ", nodeSelector: { disk: ssd }"),
      pod("free"),
    );
    const counts = Object.groupBy(
      pods.filter((p) => p.owner !== undefined),
      (p) => p.node,
    );
    expect(Object.keys(counts).toSorted()).toEqual(["a", "b", "c"]);
    expect(pods.find((p) => p.name === "ssd")?.node).toBe("c");
    expect(pods.find((p) => p.name === "free")?.node).toBe("b");
  });

  test("containers: env references, hostNetwork, hostname", () => {
    const { pods } = cluster(
      NODES,
      `apiVersion: v1
kind: Pod
metadata: { name: p }
spec:
  nodeName: node1
  hostname: h
  containers:
    - { name: c, command: [echo], args: ["$(A)-$(B)-$$(A)"], env: [ { name: A, value: "1" }, { name: C, value: "$(A)2" } ] }`,
      pod("host", ", hostNetwork: true, nodeName: node2"),
    );
    expect(pods[0]).toMatchObject({
      hostname: "h",
      ns: "default/p",
      containers: [{ command: ["echo", "1-$(B)-$(A)"], env: { A: "1", C: "12" } }],
    });
    expect(pods[1]).toMatchObject({
      ns: "node2",
      hostname: "node2",
      address: { ipv4: "192.168.50.12" },
      hostNetwork: true,
    });
  });
});

describe("refused", () => {
  const refuse = (spec: string, manifests: string[], message: RegExp) => {
    expect(diagnose(clusterLab(spec, ...manifests)).join("\n")).toMatch(message);
  };
  const many = (n: number, more = "") => Array.from({ length: n }, (_, i) => pod(`p${i}`, more));

  test.each<[string, string, string[], RegExp]>([
    [
      "overlap",
      `${NODES}\n    podCIDR: 10.96.0.0/12`,
      [],
      /serviceCIDR 10\.96\.0\.0\/16 overlaps podCIDR 10\.96\.0\.0\/12/,
    ],
    ["overlap of the internet", `${NODES}\n    nodeCIDR: 203.0.113.0/25`, [], /internet\.cidr .* overlaps nodeCIDR/],
    [
      "too few parts",
      `${NODES}\n    podCIDR: 10.244.0.0/23`,
      [],
      /exhausted pool: podCIDR 10\.244\.0\.0\/23 has 2 parts for 3 nodes/,
    ],
    [
      "too few node addresses",
      `    nodes: [${Array.from({ length: 7 }, (_, i) => `n${i}`).join()}]\n    nodeCIDR: 192.168.50.0/29`,
      [],
      /exhausted pool: 192\.168\.50\.0\/29/,
    ],
    [
      "too few pod addresses",
      "    nodes: [a]\n    podCIDR: 10.244.0.0/28",
      many(14),
      /exhausted pool: 10\.244\.0\.0\/28 of a has 13 pod addresses/,
    ],
    ["host bits", `${NODES}\n    podCIDR: 10.244.0.1/16`, [], /bits set beyond its length/],
    ["duplicate nodes", "    nodes: [a, b, a]", [], /duplicate node "a"/],
    [
      "duplicate addresses",
      "    nodes: [ { name: a, address: 192.168.50.9 }, { name: b, address: 192.168.50.9 } ]",
      [],
      /a has 192\.168\.50\.9 already/,
    ],
    [
      "an address of nowhere",
      "    nodes: [ { name: a, address: 10.1.1.1 } ]",
      [],
      /10\.1\.1\.1 is not in 192\.168\.50\.0\/24/,
    ],
    ["the router's address", "    nodes: [ { name: a, address: 192.168.50.1 } ]", [], /duplicate address: the router/],
    ["reserved names", "    nodes: [router]", [], /"router" is the name of a namespace that every cluster has/],
    ["names", '    nodes: ["../x"]', [], /must be lower-case letters/],
    ["an unknown node", NODES, [pod("a", ", nodeName: node9")], /there is no node "node9"/],
    ["one pod twice", NODES, [pod("a"), pod("a", ", nodeName: node2")], /Pod "a" is defined twice: this one is used/],
    [
      "an unknown namespace",
      NODES,
      [pod("a").replace("name: a", "name: a, namespace: shop")],
      /namespaces "shop" not found/,
    ],
    ["manifests without a cluster", "    nodes: [a]", [], /^$/],
    [
      "ports on one node",
      NODES,
      many(2, ", hostNetwork: true, nodeName: node1").map((p) =>
        p.replace("name: c }", "name: c, ports: [ { containerPort: 80 } ] }"),
      ),
      /port 80\/tcp of node1 is used by pod default\/p0/,
    ],
    ["host-gw with a VNI", `${NODES}\n    cni: { backend: host-gw, vni: 2 }`, [], /vni belongs to the backend vxlan/],
    [
      "an MTU too small for IPv6",
      `${NODES}\n    mtu: 1300\n    podCIDR: fd00:10:244::/56`,
      [],
      /pod MTU 1230 is too small for IPv6/,
    ],
    [
      "a VNI too long for IPv6",
      `${NODES}\n    podCIDR: fd00:10:244::/56\n    cni: { vni: 12345 }`,
      [],
      /flannel names its device flannel-v6\.12345/,
    ],
    [
      "host-gw over two subnets",
      "    nodes: [a, { name: b, nodeCIDR: 192.168.51.0/24 }]\n    cni: { backend: host-gw }",
      [],
      /host-gw needs all nodes on one subnet/,
    ],
    ["two ranges of a family", `${NODES}\n    podCIDR: [10.244.0.0/16, 10.245.0.0/16]`, [], /two IPv4 ranges/],
    [
      "one family missing",
      "    nodes: [a, { name: b, nodeCIDR: 192.168.51.0/24 }]\n    podCIDR: [10.244.0.0/16, fd00:10:244::/56]",
      [],
      /the lab uses IPv6 too/,
    ],
  ])("%s", (_name, spec, manifests, message) => refuse(spec, manifests, message));

  test("all in one file at once", () => {
    const found = diagnose(
      clusterLab("    nodes: [a, a]\n    podCIDR: 10.0.0.0/8", pod("x", ", nodeName: z"), pod("w", ", nodeName: z")),
    );
    expect(found).toHaveLength(4);
  });
});

test.each([
  ["beta.kubernetes.io/os: linux", "n1"],
  ["beta.kubernetes.io/arch: amd64", "n1"],
  ["kubernetes.io/arch: arm64", "n2"],
  ["failure-domain.beta.kubernetes.io/zone: b", "n2"],
  ["topology.kubernetes.io/region: c", "n3"],
])("nodes have labels under their old and new spellings: %s", (selector, node) => {
  const nodes = `    nodes:
      - n1
      - { name: n2, labels: { kubernetes.io/arch: arm64, topology.kubernetes.io/zone: b } }
      - { name: n3, labels: { failure-domain.beta.kubernetes.io/region: c } }`;
  const { lab } = loadLabText(clusterLab(nodes, pod("a", `, nodeSelector: { ${selector} }`)), "lab.yaml");
  expect(lab.clusters[0]?.pods[0]?.node).toBe(node);
});
