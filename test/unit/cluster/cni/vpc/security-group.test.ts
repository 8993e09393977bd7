/** Security groups: what they allow at the switch port of an ENI; mistakes in EC2's words. */
import { describe, expect, it } from "vitest";
import { loadLabText } from "../../../../../src/load/load-lab.ts";
import { planResources } from "../../../../../src/plan/plan-lab.ts";
import { describeResource } from "../../../../../src/resources/definitions.ts";
import { clusterLab, diagnose, hints } from "../../../load/diagnose.ts";
import { pick, rules } from "../../planned.ts";

const pod = (name: string, node: string): string =>
  `{ apiVersion: v1, kind: Pod, metadata: { name: ${name} }, spec: { nodeName: ${node}, containers: [ { name: c, image: x } ] } }`;
const eniConfig = (name: string, groups: string): string =>
  `{ apiVersion: crd.k8s.amazonaws.com/v1alpha1, kind: ENIConfig, metadata: { name: ${name} }, spec: { subnet: subnet-a, securityGroups: ${groups} } }`;
const lab = (cni: string, ...more: readonly string[]): string =>
  clusterLab(
    `    nodes: [node1, node2]\n    dns: false\n    cni: { plugin: vpc, instanceType: t3.nano${cni} }`,
    pod("a", "node1"),
    ...more,
  );

describe("security groups of nodes", () => {
  const all = planResources(
    loadLabText(
      lab(
        ", nodeSecurityGroups: [sg-node], securityGroups: { sg-node: { ingress: [{ protocol: tcp, port: 80-90, from: [sg-node, 10.0.0.0/8] }, { protocol: icmp, from: [0.0.0.0/0] }] } }",
      ),
      "lab.yaml",
    ).lab,
  );
  const filter = rules(all, "underlay", "ipv4", "filter");

  it("are asked at each ENI's port of the switch, in both directions, once a connection", () => {
    expect(filter.filter((rule) => rule.startsWith("FORWARD "))).toEqual([
      "FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
      ...["node1", "node1-eth1", "node2"].flatMap((port) => [
        `FORWARD -m physdev --physdev-is-bridged --physdev-in ${port} -j SG-OUT-${port}`,
        `FORWARD -m physdev --physdev-is-bridged --physdev-out ${port} -j SG-IN-${port}`,
      ]),
    ]);
    expect(filter.filter((rule) => rule.startsWith("SG-IN-node2 "))).toEqual([
      "SG-IN-node2 -m set --match-set sg-node-4 src -p tcp -m tcp --dport 80:90 -m comment --comment sg-node -j RETURN",
      "SG-IN-node2 -s 10.0.0.0/8 -p tcp -m tcp --dport 80:90 -m comment --comment sg-node -j RETURN",
      "SG-IN-node2 -p icmp -m comment --comment sg-node -j RETURN",
      "SG-IN-node2 -m comment --comment sg-node: no ingress rule allows it -j DROP",
    ]);
    expect(filter.find((rule) => rule.startsWith("SG-OUT-node2 "))).toBe(
      "SG-OUT-node2 -m comment --comment sg-node -j RETURN",
    );
  });

  it("stand for all addresses of their ENIs", () => {
    expect(pick(all, "ipset", "underlay").map(({ name, entries }) => [name, entries])).toEqual([
      [
        "sg-node-4",
        ["192.168.50.11", "192.168.50.12", "192.168.50.32", "192.168.50.33", "192.168.50.34", "192.168.50.35"],
      ],
    ]);
  });
});

it("those of an ENIConfig without a description filter nothing, and it is reported", () => {
  const custom =
    ", subnets: { subnet-a: 100.64.0.0/24 }, env: { AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG: true, ENI_CONFIG_LABEL_DEF: kubernetes.io/hostname }";
  const configs = ["node1", "node2"].map((name) => eniConfig(name, "[sg-1, sg-2]"));
  expect(diagnose(lab(custom, ...configs)).join("\n")).toContain(
    "security groups filter nothing here: it is not known what sg-1, sg-2 allow",
  );
  const described = lab(`${custom}, securityGroups: { sg-1: {} }`, ...configs);
  expect(diagnose(described).join("\n")).toContain("InvalidGroup.NotFound: The security group 'sg-2' does not exist");
});

describe("what cannot be", () => {
  it.each([
    ["nodeSecurityGroups: [sg-x]", "InvalidGroup.NotFound: The security group 'sg-x' does not exist", "describe it in"],
    [
      "nodeSecurityGroups: [sg-weB], securityGroups: { sg-web: {} }",
      "InvalidGroup.NotFound: The security group 'sg-weB' does not exist",
      "did you mean sg-web?",
    ],
    ["securityGroups: { web: {} }", `"web" is not a security group's ID`, "sg-web"],
    [
      "securityGroups: { sg-1: { ingress: [{ from: [10.0.0/8] }] } }",
      "InvalidParameterValue: CIDR block 10.0.0/8 is malformed",
      "a prefix like",
    ],
    [
      "securityGroups: { sg-1: { egress: [{ protocol: tcp, port: 90-80, to: [10.0.0.0/8] }] } }",
      "InvalidParameterValue: Invalid value '90-80' for port",
      "8000-8100",
    ],
    [
      "securityGroups: { sg-1: { ingress: [{ port: 80, from: [sg-1] }] } }",
      "a port needs protocol tcp or udp",
      "add protocol",
    ],
    [
      "nodeSecurityGroups: [sg-1, sg-2, sg-3, sg-4, sg-5, sg-6], securityGroups: { sg-1: {}, sg-2: {}, sg-3: {}, sg-4: {}, sg-5: {}, sg-6: {} }",
      "SecurityGroupsPerInterfaceLimitExceeded: The maximum number of security groups per interface has been reached.",
      "at most 5",
    ],
  ])("%s", (cni, message, hint) => {
    const text = lab(`, ${cni}`);
    expect(diagnose(text).join("\n")).toContain(message);
    expect(hints(text).join("\n")).toContain(hint);
  });
});

describe("branch ENIs", () => {
  const policy = (spec: string): string =>
    `{ apiVersion: vpcresources.k8s.aws/v1beta1, kind: SecurityGroupPolicy, metadata: { name: p }, spec: ${spec} }`;
  const all = policy("{ podSelector: {}, securityGroups: { groupIds: [sg-1] } }");
  const account = `{ apiVersion: v1, kind: ServiceAccount, metadata: { name: x, labels: { tier: db } } }`;
  const owned = pod("b", "node1").replace("spec: {", "spec: { serviceAccountName: x,");
  const branchLab = (type: string, env: string, ...more: readonly string[]): string =>
    lab(`, env: { ENABLE_POD_ENI: true, WARM_IP_TARGET: 1${env} }, securityGroups: { sg-1: {} }`, ...more).replace(
      "t3.nano",
      type,
    );
  const made = (env: string, ...more: readonly string[]): readonly string[] => {
    const resources = planResources(loadLabText(branchLab("m5.large", env, ...more), "lab.yaml").lab);
    const kinds = new Set(["vlan", "rule", "veth"]);
    return resources
      .filter(({ kind, ns }) => kinds.has(kind) && ns === "node1")
      .map((one) => describeResource(one))
      .filter((text) => /vlan|rule (?:10|20|512|1536):/.test(text));
  };

  it("strict: by the devices that packets come in by, before the node's own addresses", () => {
    expect(made("", all)).toEqual([
      "vlan vlan.eth.1 on eth1 protocol 802.1Q id 1",
      "rule 20: from all lookup 255",
      "rule 10: from all iif vlan.eth.1 lookup 101",
      "rule 10: from all iif vlanacd53aa4120 lookup 101",
    ]);
  });

  it("standard: as other pods, from the branch's table", () => {
    expect(made(", POD_SECURITY_GROUP_ENFORCING_MODE: standard", all)).toEqual([
      "vlan vlan.eth.1 on eth1 protocol 802.1Q id 1",
      "rule 512: from all to 192.168.50.36/32 lookup 254",
      "rule 1536: from 192.168.50.36/32 lookup 101",
    ]);
  });

  it("are of pods that both selectors select", () => {
    const both = policy(
      "{ podSelector: {}, serviceAccountSelector: { matchLabels: { tier: db } }, securityGroups: { groupIds: [sg-1] } }",
    );
    const vlans = made("", both, account, owned).filter((text) => text.startsWith("vlan "));
    expect(vlans).toEqual(["vlan vlan.eth.1 on eth1 protocol 802.1Q id 1"]);
  });

  it("are as many as the instance type takes", () => {
    expect(diagnose(branchLab("t3.nano", "", all)).join("\n")).toContain(
      "node1: Insufficient vpc.amazonaws.com/pod-eni: t3.nano takes no trunk ENI",
    );
    const many = Array.from({ length: 9 }, (_, i) => pod(`p${i}`, "node1"));
    expect(diagnose(branchLab("m5.large", "", all, ...many)).join("\n")).toContain(
      "node1: Insufficient vpc.amazonaws.com/pod-eni: m5.large takes 9 branch ENIs",
    );
  });

  it("are reported where they have no effect", () => {
    expect(diagnose(lab("", all)).join("\n")).toContain(
      "SecurityGroupPolicy p has no effect: ENABLE_POD_ENI is not set",
    );
    expect(
      diagnose(branchLab("m5.large", "", policy("{ securityGroups: { groupIds: [sg-1] } }"))).join("\n"),
    ).toContain("invalid SecurityGroupPolicy: both of podSelector and serviceAccountSelector are null");
    expect(diagnose(branchLab("m5.large", "", all.replace("sg-1", "sg-2"))).join("\n")).toContain(
      "InvalidGroup.NotFound: The security group 'sg-2' does not exist",
    );
  });
});
