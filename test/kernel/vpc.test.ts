/**
 * The VPC CNI with packets: pods on the first and the second ENI, to each other, to nodes, out and back; node ports and a hostPort to a
 * pod of the second ENI; a NAT gateway; prefixes; subnets of ENIConfigs; IPv6. t3.nano has two ENIs with one address for pods each.
 *
 *     a (eth0), b (eth1) — n1      c — n2 (another subnet)      internet
 */
import { afterEach, describe, expect, test } from "vitest";
import type { AgentClient } from "../../src/agent/client.ts";
import { getDriver } from "../../src/drivers/registry.ts";
import { loadLabText } from "../../src/load/load-lab.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import { expectAnswers } from "./answers.ts";
import type { Answers } from "./answers.ts";
import { agentIds, differences, down, leftovers, up } from "./agent-lab.ts";

const LAB = `vpc-${process.pid}`;

const pod = (name: string, node: string, port = "containerPort: 80"): string =>
  `{ apiVersion: v1, kind: Pod, metadata: { name: ${name}, labels: { app: ${name} } }, spec: { nodeName: ${node}, containers: [ { name: c, image: x, ports: [ { ${port} } ] } ] } }`;

const service = (policy: string, nodePort: number, clusterIP: string): string =>
  `{ apiVersion: v1, kind: Service, metadata: { name: b-${policy.toLowerCase()} }, spec: { type: NodePort, externalTrafficPolicy: ${policy}, clusterIP: "${clusterIP}", selector: { app: b }, ports: [ { port: 80, nodePort: ${nodePort} } ] } }`;

const eniConfigs = (more = (_n: number): string => ""): readonly string[] =>
  [1, 2].map(
    (n) =>
      `{ apiVersion: crd.k8s.amazonaws.com/v1alpha1, kind: ENIConfig, metadata: { name: n${n} }, spec: { subnet: subnet-${n}${more(n)} } }`,
  );

interface Case {
  readonly cni: string;
  readonly cluster?: string;
  readonly more?: readonly string[];
  readonly services?: readonly [string, string];
  /** By family: `4` or `6`. */
  readonly family?: "4" | "6";
  readonly answers: Answers;
  /** A command in n1, and what is left then. */
  readonly harm?: { readonly argv: readonly string[]; readonly answers: Answers };
}

const V4 = "nodes: [n1, { name: n2, nodeCIDR: 192.168.60.0/24 }]";
const V6 = `nodes: [n1, { name: n2, nodeCIDR: "fd00:60::/64" }], nodeCIDR: "fd00:50::/64", serviceCIDR: "fd00:96::/112", internet: { cidr: "2001:db8:113::/64" }`;

/** Between pods and nodes nothing is translated. */
const INSIDE = {
  "a b": "b sees a",
  "b a": "a sees b",
  "a c": "c sees a",
  "b c": "c sees b",
  "c b": "b sees c",
  "n1 b": "b sees n1",
  "n2 b": "b sees n2",
  "b n2": "refused",
  "b service": "b sees n1",
  "c service": "b sees c",
} as const;

const CASES: Readonly<Record<string, Case>> = {
  "secondary addresses": {
    cni: "instanceType: t3.nano",
    answers: {
      "a internet": "internet sees n1",
      "b internet": "internet sees n1",
      "internet n1 30080": "b sees internet",
      "internet n2 30081": "b sees n2",
      "internet n1 8080": "b sees internet",
    },
    // Without rule 1024 the packet leaves by eth1, from eth0's address: the VPC's source check drops it.
    harm: {
      argv: ["ip", "rule", "del", "priority", "1024"],
      answers: { "a internet 4": "internet sees n1", "b internet 4": "timeout", "b c 4": "c sees b" },
    },
  },
  "an internet gateway without SNAT on nodes": {
    cni: "instanceType: t3.nano, env: { AWS_VPC_K8S_CNI_EXTERNALSNAT: true }",
    answers: {
      "a internet": "timeout",
      "b internet": "timeout",
      "n1 internet": "internet sees n1",
      "internet n1 30080": "b sees internet",
    },
  },
  "prefixes, and a NAT gateway": {
    cni: "instanceType: t3.nano, gateway: nat, env: { AWS_VPC_K8S_CNI_EXTERNALSNAT: true, ENABLE_PREFIX_DELEGATION: true }",
    answers: {
      "a internet": "internet sees gateway",
      "b internet": "internet sees gateway",
      "internet n1 30080": "b sees internet",
    },
  },
  "subnets of ENIConfigs": {
    cni: "instanceType: t3.small, subnets: { subnet-1: 100.64.0.0/24, subnet-2: 100.64.1.0/24 }, env: { AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG: true, ENI_CONFIG_LABEL_DEF: kubernetes.io/hostname }",
    more: eniConfigs(),
    answers: {
      "a internet": "internet sees n1",
      "b internet": "internet sees n1",
      "internet n1 30080": "b sees internet",
    },
  },
  "security groups of nodes, and of ENIConfigs": {
    cni: `instanceType: t3.small, subnets: { subnet-1: 100.64.0.0/24, subnet-2: 100.64.1.0/24 }, env: { AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG: true, ENI_CONFIG_LABEL_DEF: kubernetes.io/hostname }, nodeSecurityGroups: [sg-node], securityGroups: {
      sg-node: { ingress: [ { from: [ sg-node, 203.0.113.0/24 ] } ] },
      sg-1: { ingress: [ { protocol: tcp, port: 80, from: [ sg-node ] } ] },
      sg-2: { ingress: [ { protocol: tcp, port: 80, from: [ sg-1 ] } ], egress: [ { protocol: tcp, port: 1-1024, to: [ 0.0.0.0/0 ] } ] } }`,
    more: eniConfigs((n) => `, securityGroups: [ sg-${n} ]`),
    answers: {
      // sg-1 has nodes only: c is none, and b is on the node of a.
      "c b": "timeout",
      "c service": "timeout",
      // sg-node has nodes and the internet.
      "b n2": "timeout",
      "a internet": "internet sees n1",
      "internet n1 30080": "b sees internet",
      "internet n1 8080": "b sees internet",
      "c internet": "internet sees n2",
    },
  },
  IPv6: {
    cni: "instanceType: t3.nano",
    cluster: V6,
    family: "6",
    services: ["fd00:96::80", "fd00:96::81"],
    answers: {
      "a internet": "internet sees a",
      "internet n1 30080": "b sees internet",
      "internet n2 30081": "b sees n2",
    },
  },
  "IPv6, and IPv4 on the way out": {
    cni: "instanceType: t3.nano",
    cluster: V6.replace('nodeCIDR: "fd00:60::/64"', 'nodeCIDR: [192.168.60.0/24, "fd00:60::/64"]')
      .replace('nodeCIDR: "fd00:50::/64"', 'nodeCIDR: [192.168.50.0/24, "fd00:50::/64"]')
      .replace('cidr: "', 'cidr: [203.0.113.0/24, "')
      .replace('/64" }', '/64"] }'),
    family: "6",
    services: ["fd00:96::80", "fd00:96::81"],
    answers: { "a internet": "internet sees a" },
    harm: { argv: ["true"], answers: { "a internet 4": "internet sees n1", "c internet 4": "internet sees n2" } },
  },
};

let client: AgentClient | undefined;
let ids: readonly string[] = [];

afterEach(async () => {
  if (client !== undefined) await down(client);
  client = undefined;
  expect(leftovers(LAB, ids)).toEqual([]);
});

describe("the VPC CNI", () => {
  test.each(Object.keys(CASES))("%s", async (name) => {
    const {
      cni,
      cluster = V4,
      more = [],
      services = ["10.96.0.80", "10.96.0.81"],
      family = "4",
      answers,
      harm,
    } = CASES[name] as Case;
    const text = [
      `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: ${LAB} }, spec: { cluster: { ${cluster}, cni: { plugin: vpc, ${cni} }, dns: false } } }`,
      pod("a", "n1"),
      pod("b", "n1", "containerPort: 80, hostPort: 8080"),
      pod("c", "n2"),
      service("Local", 30_080, services[0]),
      service("Cluster", 30_081, services[1]),
      ...more,
    ].join("\n---\n");
    const { lab, warnings } = loadLabText(text, "lab.yaml");
    expect(warnings).toEqual([]);
    const resources = planResources(lab);
    client = await up(getDriver("netns"), LAB, resources);
    ids = agentIds(LAB);
    const asked = Object.entries({ ...INSIDE, ...answers }).map(([line, answer]) => {
      const [from, to, port = "80"] = line.split(" ");
      return [`${from} ${to} ${family} ${port}`, answer] as const;
    });
    await expectAnswers(client, lab, Object.fromEntries(asked), {
      service: [services[0], services[0]],
      gateway: ["203.0.113.1", "2001:db8:113::1"],
    });
    expect((await differences(client, LAB, resources)).operations).toEqual([]);
    if (harm === undefined) return;
    await client.call("run", { ns: "n1", argv: harm.argv, timeout: 5000 });
    await expectAnswers(client, lab, harm.answers);
  });
});
