/** What Calico puts on nodes, as plan lines; what it refuses. test/conformance/calico.test.ts has its own tables, test/kernel the packets. */
import { describe, expect, it } from "vitest";
import { caliDevice, policyChain } from "../../../../../src/cluster/cni/calico/names.ts";
import { loadLabText } from "../../../../../src/load/load-lab.ts";
import { planResources } from "../../../../../src/plan/plan-lab.ts";
import { describeResource } from "../../../../../src/resources/definitions.ts";
import type { Resource } from "../../../../../src/resources/resource.ts";
import { clusterLab, diagnose, pod } from "../../../load/diagnose.ts";
import { pick, rules } from "../../planned.ts";

const NODES = "    nodes: [node1, node2, { name: node3, nodeCIDR: 192.168.60.0/24 }]\n    dns: false\n";
const PODS = ["node1", "node2", "node3"].map((node, i) => pod(`p${i + 1}`, `, nodeName: ${node}`));

function planned(cni: string, more = "", ...manifests: readonly string[]): readonly Resource[] {
  const text = clusterLab(`${NODES}${more}    cni: { plugin: calico, ${cni} }`, ...PODS, ...manifests);
  return planResources(loadLabText(text, "lab.yaml").lab);
}

function routes(all: readonly Resource[], ns: string): readonly string[] {
  return pick(all, "route", ns)
    .filter(({ protocol }) => protocol === "80" || protocol === "bird")
    .map((one) => describeResource(one) + (one.metric === undefined ? "" : ` metric ${one.metric}`));
}

const ippool = (name: string, cidr: string, more = ""): string =>
  `apiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata: { name: ${name} }\nspec: { cidr: ${cidr}${more} }`;

const addresses = (text: string): readonly string[] =>
  (loadLabText(text, "lab.yaml").lab.clusters[0]?.pods ?? []).map(({ address }) => address.ipv4 ?? "");

describe("routes between nodes", () => {
  it.each([
    [
      "encapsulation: None",
      "    flat: true\n",
      [
        "route blackhole 10.244.0.0/26 proto bird",
        "route 10.244.0.64/26 via 192.168.50.12 dev eth0 proto bird",
        "route 10.244.0.128/26 via 192.168.50.1 dev eth0 proto bird",
      ],
    ],
    [
      "encapsulation: VXLANCrossSubnet",
      "",
      [
        "route blackhole 10.244.0.0/26 proto 80",
        "route 10.244.0.64/26 via 192.168.50.12 dev eth0 onlink proto 80",
        "route 10.244.0.128/26 via 10.244.0.128 dev vxlan.calico onlink proto 80",
      ],
    ],
    [
      "encapsulation: VXLAN, version: '3.32'",
      "",
      [
        "route blackhole 10.244.0.0/26 proto 80 metric 1024",
        "route 10.244.0.64/26 via 10.244.0.64 dev vxlan.calico onlink proto 80 metric 1024",
        "route 10.244.0.128/26 via 10.244.0.128 dev vxlan.calico onlink proto 80 metric 1024",
      ],
    ],
    [
      "encapsulation: IPIP, version: '3.30'",
      "",
      [
        "route blackhole 10.244.0.0/26 proto bird",
        "route 10.244.0.64/26 via 192.168.50.12 dev tunl0 onlink proto bird",
        "route 10.244.0.128/26 via 192.168.60.11 dev tunl0 onlink proto bird",
      ],
    ],
    [
      "encapsulation: IPIPCrossSubnet",
      "",
      [
        "route blackhole 10.244.0.0/26 proto 80",
        "route 10.244.0.64/26 via 192.168.50.12 dev eth0 onlink proto 80",
        "route 10.244.0.128/26 via 192.168.60.11 dev tunl0 onlink proto 80",
      ],
    ],
  ])("%s", (cni, more, expected) => {
    expect(routes(planned(cni, more), "node1")).toEqual(expected);
  });

  it("an address that was borrowed has a route of its own, also at the node whose block it is of", () => {
    const small = "    podCIDR: 10.244.0.0/29\n";
    const pods = ["node1", "node1", "node1", "node2"].map((node, i) => pod(`q${i}`, `, nodeName: ${node}`));
    const text = clusterLab(
      `    nodes: [node1, node2]\n    dns: false\n${small}    cni: { plugin: calico, encapsulation: None, blockSize: 30 }`,
      ...pods.toReversed(),
      ...Array.from({ length: 3 }, (_, i) => pod(`r${i}`, ", nodeName: node1")),
    );
    // node2 claims the first block, node1 the second; its fifth and sixth pod get addresses of node2's.
    expect(addresses(text)).toEqual([
      "10.244.0.0",
      "10.244.0.4",
      "10.244.0.5",
      "10.244.0.6",
      "10.244.0.7",
      "10.244.0.1",
      "10.244.0.2",
    ]);
    const all = planResources(loadLabText(text, "lab.yaml").lab);
    expect(routes(all, "node2")).toEqual([
      "route blackhole 10.244.0.0/30 proto bird",
      "route 10.244.0.1/32 via 192.168.50.11 dev eth0 proto bird",
      "route 10.244.0.2/32 via 192.168.50.11 dev eth0 proto bird",
      "route 10.244.0.4/30 via 192.168.50.11 dev eth0 proto bird",
    ]);
  });
});

describe("a pod", () => {
  const all = planned("encapsulation: VXLAN");

  it("has a device named by its hash, a route to a gateway that no device has, and Felix' settings", () => {
    const device = pick(all, "veth", "default/p1")[0]?.peer;
    expect(device?.mac).toBe("ee:ee:ee:ee:ee:ee");
    expect(device?.name).toMatch(/^cali[0-9a-f]{11}$/);
    expect(pick(all, "route", "default/p1").map(describeResource)).toEqual([
      "route 169.254.1.1/32 dev eth0",
      "route default via 169.254.1.1 dev eth0",
    ]);
    const keys = pick(all, "sysctl", "node1").map(({ key, value }) => `${key}=${value}`);
    expect(keys).toEqual(
      expect.arrayContaining([
        `net.ipv4.conf.${device?.name}.proxy_arp=1`,
        `net.ipv4.conf.${device?.name}.route_localnet=1`,
        `net.ipv4.neigh.${device?.name}.proxy_delay=0`,
      ]),
    );
  });

  it("node1's tunnel has the first address of its first block, and the MAC that follows from its name", () => {
    expect(pick(all, "vxlan", "node1")[0]).toMatchObject({
      name: "vxlan.calico",
      vni: 4096,
      port: 4789,
      mac: "66:f9:37:c3:7e:94",
    });
    expect(pick(all, "addr", "node1").map(({ address }) => address)).toContain("10.244.0.0/32");
  });

  it("natOutgoing: of a pool that has it, to what is in no pool", () => {
    expect(rules(all, "node1", "ipv4", "nat").filter((rule) => rule.startsWith("cali-nat-outgoing"))).toEqual([
      "cali-nat-outgoing -m comment --comment cali:W_qq_N2KSTWyCvrX -m set --match-set cali40masq-ipam-pools src -m set ! --match-set cali40network-ip-pools dst --jump MASQUERADE --random-fully",
    ]);
  });
});

describe("policies of Kubernetes", () => {
  const netpol = (name: string, app: string, spec: string): string =>
    `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: ${name} }\nspec: { podSelector: { matchLabels: { app: ${app} } }, ${spec} }`;
  const labelled = pod("web", ", nodeName: node1").replace("name: web }", "name: web, labels: { app: web } }");
  const filter = (cni: string, ...manifests: readonly string[]): readonly string[] =>
    rules(planned(cni, "", labelled, ...manifests), "node1", "ipv4", "filter").map((rule) =>
      rule.replaceAll(/-m comment --comment cali:\S+ /g, ""),
    );
  const device = caliDevice("default", "web");

  it("a chain per policy, the tier in the chain of the pod, a denial at its end", () => {
    const all = filter(
      "encapsulation: VXLAN",
      netpol(
        "p",
        "web",
        "ingress: [{ from: [{ ipBlock: { cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.2.0.0/16] } }], ports: [{ port: 80 }] }]",
      ),
    );
    expect(all.filter((rule) => rule.startsWith("cali-pi-knp/default/p"))).toEqual([
      "cali-pi-knp/default/p -m comment --comment KubernetesNetworkPolicy default/p ingress --jump MARK --set-mark 0x80000/0x180000",
      "cali-pi-knp/default/p --source 10.1.0.0/16 --jump MARK --set-mark 0/0x80000",
      "cali-pi-knp/default/p --source 10.2.0.0/16 --jump MARK --set-mark 0/0x80000",
      "cali-pi-knp/default/p -p tcp --source 10.0.0.0/8 -m multiport --destination-ports 80 -m mark --mark 0x80000/0x80000 --jump MARK --set-mark 0x10000/0x10000",
    ]);
    expect(all.filter((rule) => rule.startsWith(`cali-tw-${device}`)).slice(3, 7)).toEqual([
      `cali-tw-${device} -m comment --comment Start of tier default --jump MARK --set-mark 0/0x20000`,
      `cali-tw-${device} -m mark --mark 0/0x20000 --jump cali-pi-knp/default/p`,
      `cali-tw-${device} -m comment --comment Return if policy accepted -m mark --mark 0x10000/0x10000 --jump RETURN`,
      `cali-tw-${device} -m comment --comment End of tier default. Drop if no policies passed packet -m mark --mark 0/0x20000 --jump DROP`,
    ]);
  });

  it("several that select the same pods share a chain; versions differ in names and marks", () => {
    const two = [netpol("a", "web", "ingress: [{}]"), netpol("b", "web", "ingress: [{}]")];
    const group = filter("encapsulation: VXLAN", ...two).filter((rule) => rule.startsWith("cali-gi-"));
    expect(group.map((rule) => rule.replace(/^\S+ /, ""))).toEqual([
      "--jump cali-pi-knp/default/a",
      "-m mark --mark 0/0x30000 --jump cali-pi-knp/default/b",
    ]);
    const old = filter("encapsulation: VXLAN, version: '3.29'", netpol("a", "web", "ingress: [{}]"));
    expect(old).toContain(
      `cali-tw-${device} -m mark --mark 0/0x20000 --jump ${policyChain("i", "default/knp.default.a")}`,
    );
    expect(old.find((rule) => rule.startsWith("cali-FORWARD"))).toBe("cali-FORWARD --jump MARK --set-mark 0/0xe0000");
  });

  it.each([
    ["3.31", "kanp/default", "kbanp/default"],
    ["3.29", "kanp.default", "kbanp.default"],
  ])(
    "%s: an AdminNetworkPolicy and a BaselineAdminNetworkPolicy of one name have a chain each",
    (version, ...texts) => {
      const admin = (kind: string, more: string, action: string): string =>
        `apiVersion: policy.networking.k8s.io/v1alpha1\nkind: ${kind}\nmetadata: { name: default }\nspec: { ${more}subject: { namespaces: {} }, ingress: [{ action: ${action}, from: [{ namespaces: {} }] }] }`;
      const all = filter(
        `encapsulation: VXLAN, version: '${version}'`,
        admin("AdminNetworkPolicy", "priority: 5, ", "Pass"),
        admin("BaselineAdminNetworkPolicy", "", "Deny"),
      );
      const [first, second] = texts.map((one) => policyChain("i", one));
      const to = all.filter((rule) => rule.startsWith(`cali-tw-${device}`)).join("\n");
      expect(to.indexOf(`--jump ${first}`)).toBeGreaterThan(0);
      expect(to.indexOf(`--jump ${second}`)).toBeGreaterThan(to.indexOf(`--jump ${first}`));
      const verdicts = (chain = ""): string => all.filter((rule) => rule.startsWith(`${chain} `)).join("\n");
      expect(verdicts(first)).not.toContain("--jump DROP");
      expect(verdicts(second)).toContain("--jump DROP");
    },
  );
});

describe("IPPools", () => {
  it("by node selectors, in the order of their names; disabled ones count for NAT only", () => {
    const text = clusterLab(
      "    nodes: [{ name: node1, labels: { rack: a } }, { name: node2, labels: { rack: b } }]\n    dns: false\n    cni: { plugin: calico }",
      ippool("b", "10.244.64.0/24", ", nodeSelector: \"rack == 'b'\", blockSize: 28"),
      ippool("a", "10.244.32.0/24", ", nodeSelector: \"rack == 'a'\", natOutgoing: true"),
      ippool("old", "10.244.0.0/24", ", disabled: true"),
      pod("x", ", nodeName: node1"),
      pod("z", ", nodeName: node2"),
    );
    expect(addresses(text)).toEqual(["10.244.32.0", "10.244.64.0"]);
    const all = planResources(loadLabText(text, "lab.yaml").lab);
    const sets = Object.fromEntries(pick(all, "ipset", "node1").map(({ name, entries }) => [name, entries]));
    expect(sets).toMatchObject({
      "cali40masq-ipam-pools": ["10.244.32.0/24"],
      "cali40network-ip-pools": ["10.244.0.0/24", "10.244.32.0/24", "10.244.64.0/24"],
    });
  });

  const one = (...manifests: readonly string[]): string =>
    diagnose(clusterLab("    nodes: [node1]\n    dns: false\n    cni: { plugin: calico }", ...manifests)).join("\n");

  it.each([
    [
      "overlap",
      [ippool("a", "10.244.0.0/24"), ippool("b", "10.244.0.0/25")],
      /IPPool\(b\) CIDR overlaps with IPPool\(a\) CIDR 10\.244\.0\.0\/24/,
    ],
    ["block size", [ippool("a", "10.244.0.0/24", ", blockSize: 19")], /13:41 .*blockSize must be between 20 and 32/],
    ["too small", [ippool("a", "10.244.0.0/27")], /IP pool size is too small for use with Calico IPAM/],
    [
      "two tunnels",
      [ippool("a", "10.244.0.0/24", ", ipipMode: Always, vxlanMode: Always")],
      /ipipMode and vxlanMode cannot both be enabled/,
    ],
    ["selector", [ippool("a", "10.244.0.0/24", ", nodeSelector: rack = 1")], /Invalid selector: expected ==/],
    [
      "no pool for a node",
      [ippool("a", "10.244.0.0/24", ", nodeSelector: has(rack)"), pod("x")],
      /no configured Calico pools for node1/,
    ],
    ["host bits", [ippool("a", "10.244.0.1/24")], /IPPool CIDR must be strictly masked/],
  ])("%s", (_name, manifests, message) => {
    expect(one(...manifests)).toMatch(message);
  });

  it("the CRD's own version means the same; without Calico a pool has no effect", () => {
    expect(one(ippool("a", "10.244.0.0/24").replace("projectcalico.org/v3", "crd.projectcalico.org/v1"))).toBe("");
    expect(diagnose(clusterLab("    nodes: [node1]", ippool("a", "10.244.0.0/24"))).join()).toMatch(
      /IPPool a has no effect: flannel does not use it/,
    );
  });
});

it.each([
  [
    "kubeProxy: { mode: userspace }",
    "[node1]",
    /^8:5 warning: with calico pods reach no Service in mode userspace: REDIRECT/,
  ],
  ["dns: false", "[node1, { name: node2, kubeProxy: userspace }]", /^6:35 warning: with calico pods reach no Service/],
])("kube-proxy's REDIRECT finds no address on pods' devices: %s, nodes %s", (more, nodes, message) => {
  const found = diagnose(clusterLab(`    nodes: ${nodes}\n    cni: { plugin: calico }\n    ${more}`));
  expect(found).toEqual([expect.stringMatching(message)]);
  const flannel = clusterLab(`    nodes: ${nodes}\n    ${more}`);
  expect(diagnose(flannel)).toEqual([]);
});

describe("what cannot be built", () => {
  it.each([
    ["ipv4", 33],
    ["ipv4", 64],
    ["ipv4", 0],
    ["ipv4", -1],
    ["ipv6", 129],
  ])("%s blocks of /%i: one answer, and no search for blocks without end", (family, blockSize) => {
    const pool = family === "ipv4" ? "10.244.0.0/24" : "fd00:10:244::/64";
    const cluster = `    nodes: [node1]\n    cni: { plugin: calico }${family === "ipv4" ? "" : "\n    families: [ipv6]"}`;
    const found = diagnose(clusterLab(cluster, ippool("a", pool, `, blockSize: ${blockSize}`), pod("x")));
    expect(found.filter((one) => one.includes("blockSize must be between 20 and 32"))).toHaveLength(1);
  });

  it.each([
    [
      "no tunnel between subnets",
      `${NODES}    cni: { plugin: calico, encapsulation: None }`,
      /8:43 default-ipv4-ippool .* not encapsulated, and the nodes are on 2 subnets/,
    ],
    [
      "block size",
      "    nodes: [node1]\n    cni: { plugin: calico, blockSize: 33 }",
      /7:39 blockSize must be between 20 and 32/,
    ],
    [
      "blocks of another size than the pool",
      "    nodes: [node1]\n    podCIDR: 10.244.0.0/28\n    cni: { plugin: calico }",
      /IP pool size is too small/,
    ],
    [
      "a limit of blocks where nodes borrow addresses",
      "    nodes: [node1]\n    cni: { plugin: calico, maxBlocksPerHost: 2 }",
      /7:28 MaxBlocksPerHost requires StrictAffinity to be enabled/,
    ],
    ["version", "    nodes: [node1]\n    cni: { plugin: calico, version: '2.6' }", /version/],
  ])("%s", (_name, cluster, message) => {
    expect(diagnose(clusterLab(cluster)).join("\n")).toMatch(message);
  });
});
