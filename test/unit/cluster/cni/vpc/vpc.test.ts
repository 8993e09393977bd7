/** The VPC CNI's plan: ENIs, pods on them, rules and tables; and what cannot be built. */
import { describe, expect, it } from "vitest";
import type { VpcModel } from "../../../../../src/cluster/cni/vpc/model.ts";
import { vpcPath } from "../../../../../src/cluster/cni/vpc/path.ts";
import type { ClusterModel } from "../../../../../src/cluster/cluster.ts";
import { loadLabText } from "../../../../../src/load/load-lab.ts";
import { planResources } from "../../../../../src/plan/plan-lab.ts";
import { describeResource } from "../../../../../src/resources/definitions.ts";
import type { Resource, ResourceKind } from "../../../../../src/resources/resource.ts";
import { clusterLab, diagnose, hints } from "../../../load/diagnose.ts";
import { pick, rules } from "../../planned.ts";

const pod = (name: string, node = "node1"): string =>
  `{ apiVersion: v1, kind: Pod, metadata: { name: ${name} }, spec: { nodeName: ${node}, containers: [ { name: c, image: x, ports: [ { containerPort: 80 } ] } ] } }`;

const cluster = (cni: string, more = ""): string =>
  `    nodes: [node1, node2]\n    dns: false\n    cni: { plugin: vpc${cni} }${more}`;

function planOf(cni: string, pods: readonly string[], more = ""): readonly Resource[] {
  return planResources(loadLabText(clusterLab(cluster(cni, more), ...pods), "lab.yaml").lab);
}

function modelOf(cni: string, pods: readonly string[], more = ""): ClusterModel<VpcModel> {
  const [found] = loadLabText(clusterLab(cluster(cni, more), ...pods), "lab.yaml").lab.clusters;
  return found as ClusterModel<VpcModel>;
}

/** `eth1 192.168.50.34: 192.168.50.35/32`. */
const enisOf = ({ cni }: ClusterModel<VpcModel>, node = "node1"): readonly string[] =>
  cni.enis
    .filter((eni) => eni.node === node)
    .map(({ device, address, slots }) => `eth${device} ${address.ipv4 ?? address.ipv6 ?? ""}: ${slots.join(" ")}`);

const texts = (all: readonly Resource[], kind: ResourceKind, ns: string): readonly string[] =>
  pick(all, kind, ns).map((one) => describeResource(one));

describe("ENIs and pods on them", () => {
  const all = planOf(", instanceType: t3.nano", [pod("a"), pod("b")]);

  it("gives a node another ENI when the pods of the first have all of its addresses", () => {
    expect(enisOf(modelOf(", instanceType: t3.nano", []))).toEqual(["eth0 192.168.50.11: 192.168.50.32/32"]);
    expect(enisOf(modelOf(", instanceType: t3.nano", [pod("a")]))).toEqual([
      "eth0 192.168.50.11: 192.168.50.32/32",
      "eth1 192.168.50.34: 192.168.50.35/32",
    ]);
    expect(texts(all, "addr", "node1")).toContain("addr 192.168.50.34/24 dev eth1");
    expect(texts(all, "veth", "node1").join(" ")).toContain("eth1");
  });

  it("sends what a pod sends by the ENI of its address", () => {
    expect(texts(all, "rule", "node1")).toEqual([
      "rule 1024: from all fwmark 0x80/0x80 lookup 254",
      "rule 32765: from 192.168.50.34/32 lookup 2",
      "rule 512: from all to 192.168.50.32/32 lookup 254",
      "rule 512: from all to 192.168.50.35/32 lookup 254",
      "rule 1536: from 192.168.50.35/32 lookup 2",
    ]);
    expect(texts(all, "route", "node1")).toEqual(
      expect.arrayContaining([
        "route 192.168.50.1/32 dev eth1 table 2",
        "route default via 192.168.50.1 dev eth1 table 2",
        "route 192.168.50.35/32 dev eniff6fc35a693",
      ]),
    );
    expect(texts(all, "neigh", "node1")).toEqual([
      "neigh proxy 192.168.50.32 dev eth0",
      "neigh proxy 192.168.50.35 dev eth1",
    ]);
  });

  it("gives the pod the MAC of the other end", () => {
    expect(texts(all, "route", "default/b")).toEqual([
      "route 169.254.1.1/32 dev eth0",
      "route default via 169.254.1.1 dev eth0",
    ]);
    expect(texts(all, "neigh", "default/b")[0]).toMatch(/^neigh 169\.254\.1\.1 lladdr [0-9a-f:]{17} dev eth0$/);
  });

  it("writes prefixes before SNAT, and drops at the gateway what is not a primary address", () => {
    expect(rules(all, "node1", "ipv4", "nat").filter((rule) => rule.startsWith("AWS-SNAT"))).toEqual([
      "AWS-SNAT-CHAIN-0 -d 192.168.0.0/16 -m comment --comment AWS SNAT CHAIN -j RETURN",
      "AWS-SNAT-CHAIN-0 ! -o vlan+ -m comment --comment AWS, SNAT -m addrtype ! --dst-type LOCAL -j SNAT --to-source 192.168.50.11 --random-fully",
    ]);
    expect(rules(all, "router", "ipv4", "filter")).toEqual([
      "FORWARD -s 192.168.0.0/16 -o internet -j VPC-INTERNET-GATEWAY",
      "VPC-INTERNET-GATEWAY -s 192.168.50.11/32 -j RETURN",
      "VPC-INTERNET-GATEWAY -s 192.168.50.12/32 -j RETURN",
      "VPC-INTERNET-GATEWAY -s 192.168.50.240/28 -j RETURN",
      "VPC-INTERNET-GATEWAY -j DROP",
    ]);
  });

  it("drops at the switch what an ENI sends from another address", () => {
    const texts = (cni: string): readonly string[] =>
      pick(planOf(`, instanceType: t3.nano${cni}`, [pod("a"), pod("b")]), "nft", "underlay").flatMap(({ objects }) =>
        objects.flatMap((one) => (one.kind === "chain" ? [one.hook ?? "", ...one.rules.map(({ text }) => text)] : [])),
      );
    expect(texts("").slice(0, 4)).toEqual([
      'type filter hook ingress device "node1" priority 0',
      "ip saddr != { 192.168.50.11, 192.168.50.32, 192.168.50.240/28 } counter drop",
      'type filter hook ingress device "node1-eth1" priority 0',
      "ip saddr != { 192.168.50.34, 192.168.50.35 } counter drop",
    ]);
    expect(texts(", sourceDestCheck: false")).toEqual([]);
  });

  it("leaves NAT to a NAT gateway", () => {
    const external = planOf(
      ", gateway: nat, instanceType: t3.nano, env: { AWS_VPC_K8S_CNI_EXTERNALSNAT: true, AWS_VPC_CNI_NODE_PORT_SUPPORT: false }",
      [pod("a")],
    );
    expect(rules(external, "node1", "ipv4", "nat")).toEqual([]);
    expect(texts(external, "rule", "node1").some((rule) => rule.includes("fwmark"))).toBe(false);
    expect(rules(external, "router", "ipv4", "nat")).toEqual([
      "POSTROUTING -s 192.168.0.0/16 -o internet -m conntrack --ctstate NEW -j SNAT --to-source 203.0.113.1",
    ]);
  });

  it("gives prefixes of 16 to ENIs of Nitro instances", () => {
    const env = "env: { ENABLE_PREFIX_DELEGATION: true }";
    expect(enisOf(modelOf(`, instanceType: t3.small, ${env}`, [pod("a")]))).toEqual([
      "eth0 192.168.50.11: 192.168.50.32/28 192.168.50.64/28",
    ]);
    expect(enisOf(modelOf(`, instanceType: t2.small, ${env}`, []))).toEqual([
      "eth0 192.168.50.11: 192.168.50.32/32 192.168.50.33/32 192.168.50.34/32",
    ]);
  });

  it("has no kube-proxy masquerading by prefix, and no routes to pods on a flat router", () => {
    const service =
      "{ apiVersion: v1, kind: Service, metadata: { name: s }, spec: { selector: { app: a }, ports: [ { port: 80 } ] } }";
    const flat = planOf("", [pod("a"), service], "\n    flat: true");
    expect(rules(flat, "node1", "ipv4", "nat").filter((rule) => rule.includes("! -s"))).toEqual([]);
    expect(texts(flat, "route", "router")).toEqual([]);
  });
});

describe("IPv6", () => {
  const v6 =
    "\n    nodeCIDR: fd00:50::/64\n    serviceCIDR: fd00:96::/112\n    internet: { cidr: '2001:db8:113::/64' }";

  it("gives pods addresses of one prefix of the primary ENI", () => {
    const all = planOf("", [pod("a"), pod("b")], v6);
    expect(enisOf(modelOf("", [pod("a")], v6))).toEqual(["eth0 fd00:50::11: fd00:50:0:0:1::/80"]);
    expect(texts(all, "route", "default/b")).toEqual([
      "route fe80::1/128 dev eth0",
      "route default (ipv6) via fe80::1 dev eth0",
    ]);
    expect(texts(all, "rule", "node1")).toEqual([
      "rule 1024: from all fwmark 0x80/0x80 lookup 254",
      "rule 512: from all to fd00:50:0:0:1::/128 lookup 254",
      "rule 512: from all to fd00:50::1:0:0:1/128 lookup 254",
    ]);
  });

  it("gives pods a way out for IPv4 where their node has it", () => {
    const dual =
      "\n    nodeCIDR: [192.168.50.0/24, 'fd00:50::/64']\n    serviceCIDR: fd00:96::/112\n    internet: { cidr: [203.0.113.0/24, '2001:db8:113::/64'] }";
    const all = planOf("", [pod("a"), pod("b")], dual);
    expect(texts(all, "addr", "default/b")).toEqual([
      "addr fd00:50::1:0:0:1/128 dev eth0",
      "addr 169.254.172.3/22 dev v4if0",
    ]);
    expect(texts(all, "route", "default/b")).toContain("route default via 169.254.172.1 dev v4if0");
    const nat = rules(all, "node1", "ipv4", "nat").find((rule) => rule.includes("SNAT"));
    expect(nat).toMatch(
      /^CNI-E4-[0-9a-f]{21} -m comment --comment name: "aws-cni" id: "[0-9a-f]{64}" -j SNAT --to-source 192\.168\.50\.11 --random-fully$/,
    );
    expect(rules(all, "node1", "ipv4", "filter")).toContain(
      "FORWARD -d 169.254.172.0/22 -m conntrack --ctstate NEW -m comment --comment Block Node Local Pod access via IPv4 -j REJECT",
    );
    expect(
      planOf(", env: { ENABLE_V4_EGRESS: false }", [pod("a")], dual).some(
        (one) => one.kind === "veth" && one.id.includes("v4if0"),
      ),
    ).toBe(false);
  });
});

describe("what the other end of a packet sees", () => {
  const model = modelOf(", instanceType: t3.nano", [pod("a"), pod("c", "node2")]);
  const [node1, node2] = model.nodes;
  const [a, c] = model.pods;

  it("is the pod within the VPC, and the node's primary address outside", () => {
    if (node1 === undefined || node2 === undefined || a === undefined || c === undefined)
      throw new Error("no such lab");
    const from = { node: node1, pod: a };
    expect(vpcPath(model, from, { node: node2, pod: c }, "ipv4")).toEqual({
      mtu: 1500,
      source: "192.168.50.32",
      masquerades: false,
    });
    expect(vpcPath(model, from, "outside", "ipv4")).toMatchObject({ source: "192.168.50.11", masquerades: true });
    const external = { ...model, cni: { ...model.cni, env: { ...model.cni.env, externalSNAT: true } } };
    expect(vpcPath(external, from, "outside", "ipv4")).toMatchObject({ source: "192.168.50.32", masquerades: false });
    const nat = { ...external, cni: { ...external.cni, gateway: "nat" } } as const;
    expect(vpcPath(nat, from, "outside", "ipv4")).toMatchObject({ source: "203.0.113.1", masquerades: true });
  });
});

describe("nodes that are full", () => {
  const many = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => pod(`p${i}`));

  it("refuses what the kubelet refuses, at the pod", () => {
    expect(diagnose(clusterLab(cluster(", instanceType: t3.nano"), ...many(3)))).toEqual([
      "14:72 OutOfpods: Node didn't have enough resource: pods, requested: 1, used: 4, capacity: 4",
    ]);
  });

  it("says what the CNI plugin says where there are no addresses", () => {
    const text = clusterLab(cluster(", instanceType: t3.nano, maxPods: 20"), ...many(3));
    expect(diagnose(text)).toEqual([
      '14:48 plugin type="aws-cni" name="aws-cni" failed (add): add cmd: failed to assign an IP address to container: node1: t3.nano has 2 ENIs with 1 address for pods, and 2 pods have them',
    ]);
    const small = clusterLab(cluster(", instanceType: t3.small", "\n    nodeCIDR: 192.168.50.0/28"), ...many(9));
    expect(diagnose(small).at(-1)).toContain(
      "InsufficientFreeAddressesInSubnet: The specified subnet does not have enough free addresses to satisfy the request.",
    );
    expect(hints(small).at(-1)).toContain("WARM_ENI_TARGET 1: at least 3 free addresses");
  });
});

describe("what cannot be built", () => {
  it.each([
    [", instanceType: t3.smal", 'unknown instance type "t3.smal"', "did you mean t3.small"],
    [", env: { WARM_ENI_TARGT: 1 }", 'unknown key "WARM_ENI_TARGT"', 'did you mean "WARM_ENI_TARGET"?'],
    [
      ", env: { ENABLE_IPv4: true, ENABLE_IPv6: true }",
      "IPv4 and IPv6 are both enabled. VPC CNI currently does not support dual stack mode",
      "set one of",
    ],
    [
      ", env: { AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS: '10.0.0.0/8,fd00::/8' }",
      "fd00::/8 from AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS is an IPV6 CIDR",
      "give IPv4 prefixes",
    ],
    [
      ", instanceType: t3.nano, env: { MINIMUM_IP_TARGET: 3 }",
      "MINIMUM_IP_TARGET 3 is more than node1 (t3.nano) has addresses for: 2",
      "ask for less",
    ],
    [", vpcCIDRs: [10.0.0.0/16]", "subnet 192.168.50.0/24 (underlay) is in no prefix of the VPC", "add one around"],
    [", env: { AWS_VPC_K8S_CNI_CONNMARK: '0x4000' }", "packet marks collide", "choose others"],
  ])("%s", (cni, message, hint) => {
    const text = clusterLab(cluster(cni), pod("a"));
    expect(diagnose(text).join("\n")).toContain(message);
    expect(hints(text).join("\n")).toContain(hint);
  });

  it("names the place of a node's own type", () => {
    const text = clusterLab(
      "    nodes: [{ name: n, labels: { node.kubernetes.io/instance-type: m5.larg } }]\n    cni: { plugin: vpc }",
    );
    expect(diagnose(text)).toEqual(['6:68 unknown instance type "m5.larg"']);
  });

  it("warns of settings without effect", () => {
    const warned = diagnose(
      clusterLab(
        cluster(
          ", env: { WARM_ENI_TARGET: 2, WARM_IP_TARGET: 3, MINIMUM_IP_TARGET: 2, WARM_PREFIX_TARGET: 1 }",
          "\n    podCIDR: 10.9.0.0/16",
        ),
        pod("a"),
      ),
    );
    expect(warned).toEqual([
      expect.stringContaining("WARM_ENI_TARGET has no effect: WARM_IP_TARGET is set"),
      expect.stringContaining("MINIMUM_IP_TARGET has no effect: WARM_IP_TARGET 3 alone keeps as many"),
      expect.stringContaining("WARM_PREFIX_TARGET has no effect: ENABLE_PREFIX_DELEGATION is not set"),
      expect.stringContaining("podCIDR has no effect: pods of vpc have addresses of their node's subnet"),
    ]);
  });
});

describe("custom networking", () => {
  const eniConfig = (subnet: string): string =>
    `{ apiVersion: crd.k8s.amazonaws.com/v1alpha1, kind: ENIConfig, metadata: { name: eu-west-1a }, spec: { subnet: ${subnet}, securityGroups: [ sg-1 ] } }`;
  const custom = (subnet = "subnet-a"): string =>
    clusterLab(
      "    nodes: [{ name: node1, zone: eu-west-1a }]\n    dns: false\n    cni: { plugin: vpc, instanceType: t3.small, subnets: { subnet-a: 100.64.0.0/24 }, env: { AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG: true, ENI_CONFIG_LABEL_DEF: topology.kubernetes.io/zone } }",
      pod("a"),
      eniConfig(subnet),
    );

  it("puts pods into the subnet of the ENIConfig, on ENIs besides the primary one", () => {
    const { lab } = loadLabText(custom(), "lab.yaml");
    const [one] = lab.clusters as unknown as readonly ClusterModel<VpcModel>[];
    if (one === undefined) throw new Error("no cluster");
    expect(enisOf(one)).toEqual([
      "eth0 192.168.50.11: ",
      "eth1 100.64.0.32: 100.64.0.33/32 100.64.0.34/32 100.64.0.35/32",
      "eth2 100.64.0.36: 100.64.0.37/32 100.64.0.38/32 100.64.0.39/32",
    ]);
    expect(one.pods[0]?.address).toEqual({ ipv4: "100.64.0.33" });
    expect(texts(planResources(lab), "addr", "router")).toContain("addr 100.64.0.1/24 dev eth1");
    expect(one.cni.vpcCIDRs).toEqual(["192.168.0.0/16", "100.64.0.0/16"]);
  });

  it("refuses subnets and ENIConfigs that are not there", () => {
    expect(diagnose(custom("subnet-b")).join("\n")).toContain(
      "InvalidSubnetID.NotFound: The subnet ID 'subnet-b' does not exist",
    );
    expect(diagnose(custom().replace("zone: eu-west-1a", "zone: eu-west-1b")).join("\n")).toContain(
      'Failed to attach any ENIs for custom networking: no ENIConfig "eu-west-1b" for node1',
    );
  });
});

const POLICY =
  "{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: deny }, spec: { podSelector: {} } }";

it("policies act before Services are translated: not with kube-proxy in mode ipvs", () => {
  const ipvs = "    nodes: [node1]\n    cni: { plugin: vpc }\n    kubeProxy: { mode: ipvs }";
  expect(diagnose(clusterLab(ipvs, POLICY))).toEqual([
    expect.stringMatching(/^8:\d+ NetworkPolicies of vpc are enforced before Services are translated/),
  ]);
  expect(diagnose(clusterLab(ipvs))).toEqual([]);
  expect(diagnose(clusterLab(ipvs.replace("vpc", "flannel"), POLICY))).toEqual([]);
});
