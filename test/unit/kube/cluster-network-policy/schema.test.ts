/** Cluster-wide policies: what their CRDs refuse is refused, in the API server's words; the rest becomes one model. */
import { describe, expect, test } from "vitest";
import { InputError } from "../../../../src/errors.ts";
import type { ClusterNetworkPolicyModel } from "../../../../src/kube/cluster-network-policy/cluster-network-policy.ts";
import { loadLabText } from "../../../../src/load/load-lab.ts";

const LAB = `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: cnp }
spec: { cluster: { nodes: [node1] } }
---
`;
const CNP = "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: { name: p }\n";
const ANP = "apiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata: { name: p }\n";
const BANP =
  "apiVersion: policy.networking.k8s.io/v1alpha1\nkind: BaselineAdminNetworkPolicy\nmetadata: { name: default }\n";

function read(manifest: string): { policy?: ClusterNetworkPolicyModel | undefined; found: readonly string[] } {
  try {
    const { lab, warnings } = loadLabText(LAB + manifest, "lab.yaml");
    return { policy: lab.clusters[0]?.clusterPolicies[0], found: warnings.map((one) => one.message) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { found: error.diagnostics.map((one) => one.message) };
  }
}

const spec = (rest: string): string => `${CNP}spec: { tier: Admin, priority: 1, subject: { namespaces: {} }, ${rest} }`;
const egress = (rule: string): string => spec(`egress: [{ action: Deny, ${rule} }]`);

describe("refused, as the CRD of ClusterNetworkPolicy does it", () => {
  test.each([
    [CNP, "spec: Required value"],
    [`${CNP}spec: {}`, "spec.tier: Required value"],
    [`${CNP}spec: {}`, "spec.priority: Required value"],
    [`${CNP}spec: {}`, "spec.subject: Required value"],
    [`${CNP}spec: { tier: Top }`, 'spec.tier: Unsupported value: "Top": supported values: "Admin", "Baseline"'],
    [
      `${CNP}spec: { priority: 1001 }`,
      "spec.priority: Invalid value: 1001: spec.priority in body should be less than or equal to 1000",
    ],
    [
      `${CNP}spec: { priority: -1 }`,
      "spec.priority: Invalid value: -1: spec.priority in body should be greater than or equal to 0",
    ],
    [
      `${CNP}spec: { subject: {} }`,
      "spec.subject: Invalid value: 0: spec.subject in body should have at least 1 properties",
    ],
    [
      `${CNP}spec: { subject: { namespaces: {}, pods: { namespaceSelector: {}, podSelector: {} } } }`,
      "spec.subject: Invalid value: 2: spec.subject in body should have at most 1 properties",
    ],
    [`${CNP}spec: { subject: { pods: { podSelector: {} } } }`, "spec.subject.pods.namespaceSelector: Required value"],
    [
      spec("egress: [{ action: Allow, to: [{ namespaces: {} }] }]"),
      'Unsupported value: "Allow": supported values: "Accept", "Deny", "Pass"',
    ],
    [spec("ingress: [{ action: Deny }]"), "spec.ingress[0].from: Required value"],
    [
      spec("ingress: [{ action: Deny, from: [] }]"),
      "spec.ingress[0].from: Invalid value: 0: spec.ingress[0].from in body should have at least 1 items",
    ],
    [spec("ingress: [{ action: Deny, from: [{ networks: [10.0.0.0/8] }] }]"), 'unknown key "networks"'],
    [
      egress("to: [{}]"),
      "spec.egress[0].to[0]: Invalid value: 0: spec.egress[0].to[0] in body should have at least 1 properties",
    ],
    [
      egress("to: [{ networks: [10.0.0.0] }]"),
      'spec.egress[0].to[0].networks[0]: Invalid value: "string": Invalid CIDR format provided',
    ],
    [
      egress("to: [{ networks: [10.0.0.0/8, 10.0.0.0/8] }]"),
      'spec.egress[0].to[0].networks[1]: Duplicate value: "10.0.0.0/8"',
    ],
    [egress("to: [{ domainNames: [org] }]"), "spec.egress[0].to[0].domainNames[0] in body should match"],
    [
      egress("to: [{ nodes: {} }], protocols: [{ destinationNamedPort: web }]"),
      'spec.egress[0]: Invalid value: "object": networks/nodes/domainNames peer cannot be set with namedPorts since there are no namedPorts for networks/nodes/domainNames',
    ],
    [
      egress("to: [{ namespaces: {} }], protocols: [{ tcp: { destinationPort: { range: { start: 90, end: 80 } } } }]"),
      'spec.egress[0].protocols[0].tcp.destinationPort.range: Invalid value: "object": Start port must be less than End port',
    ],
    [
      egress("to: [{ namespaces: {} }], protocols: [{ tcp: {} }]"),
      "spec.egress[0].protocols[0].tcp in body should have at least 1 properties",
    ],
    [
      egress("to: [{ namespaces: {} }], protocols: [{ udp: { destinationPort: { number: 70000 } } }]"),
      "should be less than or equal to 65535",
    ],
    [
      egress("to: [{ namespaces: {} }], protocols: []"),
      "spec.egress[0].protocols in body should have at least 1 items",
    ],
    [
      spec(`ingress: [${Array.from({ length: 26 }, () => "{ action: Deny, from: [{ namespaces: {} }] }").join(", ")}]`),
      "spec.ingress: Too many: 26: must have at most 25 items",
    ],
    [
      egress(`name: ${"n".repeat(101)}, to: [{ namespaces: {} }]`),
      "spec.egress[0].name: Too long: may not be more than 100 bytes",
    ],
    [CNP.replace("name: p", "name: p, namespace: default"), "metadata.namespace: Forbidden: not allowed on this type"],
  ])("%s", (manifest, message) => expect(read(manifest).found.join("\n")).toContain(message));
});

describe("refused, as the CRDs of v1alpha1 do it", () => {
  test.each([
    [`${ANP}spec: { subject: { namespaces: {} } }`, "spec.priority: Required value"],
    [
      `${ANP}spec: { priority: 1, subject: { namespaces: {} }, egress: [{ action: Allow, to: [{ networks: [10.0.0.0/8] }], ports: [{ namedPort: web }] }] }`,
      "networks/nodes/domainNames peer cannot be set with namedPorts",
    ],
    [
      `${ANP}spec: { priority: 1, subject: { namespaces: {} }, ingress: [{ action: Accept, from: [{ namespaces: {} }] }] }`,
      'supported values: "Allow", "Deny", "Pass"',
    ],
    [
      `${ANP}spec: { priority: 1, subject: { namespaces: {} }, ingress: [{ action: Deny, from: [{ namespaces: {} }], ports: [{ portNumber: { port: 80 }, namedPort: web }] }] }`,
      "spec.ingress[0].ports[0] in body should have at most 1 properties",
    ],
    [
      `${BANP.replace("default", "other")}spec: { subject: { namespaces: {} } }`,
      'Only one baseline admin network policy with metadata.name="default" can be created in the cluster',
    ],
    [
      `${BANP}spec: { subject: { namespaces: {} }, ingress: [{ action: Pass, from: [{ namespaces: {} }] }] }`,
      'Unsupported value: "Pass"',
    ],
    [
      `${BANP}spec: { subject: { namespaces: {} }, egress: [{ action: Deny, to: [{ domainNames: [a.org] }] }] }`,
      'unknown field "domainNames"',
    ],
  ])("%s", (manifest, message) => expect(read(manifest).found.join("\n")).toContain(message));
});

describe("read", () => {
  test("both versions become the same rules", () => {
    const peers =
      "[{ pods: { namespaceSelector: {}, podSelector: { matchLabels: { app: db } } } }, { networks: [10.0.0.0/8, 'fd00::/8'] }]";
    const two = read(
      egress(
        `to: ${peers}, protocols: [{ tcp: { destinationPort: { number: 80 } } }, { udp: { destinationPort: { range: { start: 1, end: 9 } } } }]`,
      ),
    ).policy;
    const one = read(
      `${ANP}spec: { priority: 1, subject: { namespaces: {} }, egress: [{ action: Deny, to: ${peers}, ports: [{ portNumber: { port: 80 } }, { portRange: { protocol: UDP, start: 1, end: 9 } }] }] }`,
    ).policy;
    const words = (policy: ClusterNetworkPolicyModel | undefined): unknown =>
      policy?.egress.map(({ action, peers: all, ports }) => [
        action,
        all.map((peer) => (peer.kind === "ipBlock" ? peer.cidr : peer.kind)),
        ports.map(({ protocol, port, endPort }) => [protocol, port, endPort]),
      ]);
    expect(words(two)).toEqual([
      [
        "deny",
        ["pods", "10.0.0.0/8", "fd00::/8"],
        [
          ["TCP", 80, undefined],
          ["UDP", 1, 9],
        ],
      ],
    ]);
    expect(words(one)).toEqual(words(two));
    expect([two?.tier, one?.tier, read(`${BANP}spec: { subject: { namespaces: {} } }`).policy?.tier]).toEqual([
      "Admin",
      "Admin",
      "Baseline",
    ]);
  });

  test("domainNames are named, and fail closed in a rule that denies", () => {
    const rule = (action: string) =>
      read(spec(`egress: [{ action: ${action}, to: [{ domainNames: ['*.example.org'] }] }]`));
    expect(rule("Accept").found.join()).toContain("domainNames (*.example.org) are not enforced here");
    expect(rule("Accept").policy?.egress).toMatchObject([{ action: "allow", peers: [{ kind: "domainNames" }] }]);
    expect(rule("Pass").found.join()).toContain("supported for Accept rules only: this rule denies everything");
    expect(rule("Pass").policy?.egress).toMatchObject([{ action: "deny", peers: [], ports: [] }]);
  });

  test("a network with bits beyond its length is what it means", () => {
    const { found, policy } = read(egress("to: [{ networks: [10.1.2.3/8] }]"));
    expect(found.join()).toContain("it means 10.0.0.0/8");
    expect(policy?.egress[0]?.peers).toMatchObject([{ cidr: "10.0.0.0/8", field: "networks" }]);
  });
});
