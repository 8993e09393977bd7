/** NetworkPolicy manifests: what an API server refuses is refused, at the same field path; the rest is read as it reads it. */
import { describe, expect, test } from "vitest";
import { InputError } from "../../../../src/errors.ts";
import { loadLabText } from "../../../../src/load/load-lab.ts";
import type { NetworkPolicyModel } from "../../../../src/kube/network-policy/network-policy.ts";

const HEAD = `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: np }
spec: { cluster: { nodes: [node1] } }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: p }
`;

function read(spec: string): { policy?: NetworkPolicyModel; found: readonly string[] } {
  try {
    const { lab, warnings } = loadLabText(HEAD + spec, "lab.yaml");
    return { policy: lab.clusters[0]?.policies[0], found: warnings.map((d) => `${d.path} warning ${d.message}`) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { found: error.diagnostics.map((d) => `${d.path} ${d.message}`) };
  }
}

describe("refused, with the API server's field path", () => {
  test.each([
    ["spec: { ingress: [{ from: [{}] }] }", "spec.ingress[0].from[0]", "Required value: must specify a peer"],
    [
      "spec: { ingress: [{ from: [{ ipBlock: { cidr: 10.0.0.0/8 }, podSelector: {} }] }] }",
      "spec.ingress[0].from[0]",
      "Forbidden: may not specify both ipBlock and another peer",
    ],
    ["spec: { egress: [{ to: [{ ipBlock: {} }] }] }", "spec.egress[0].to[0].ipBlock.cidr", "Required value"],
    [
      "spec: { egress: [{ to: [{ ipBlock: { cidr: 10.0.0.1 } }] }] }",
      "spec.egress[0].to[0].ipBlock.cidr",
      "must be a valid CIDR value",
    ],
    [
      "spec: { egress: [{ to: [{ ipBlock: { cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.0.0.0/8] } }] }] }",
      "spec.egress[0].to[0].ipBlock.except[1]",
      "must be a strict subset of `cidr`",
    ],
    [
      "spec: { egress: [{ to: [{ ipBlock: { cidr: 10.0.0.0/8, except: ['fd00::/64'] } }] }] }",
      "spec.egress[0].to[0].ipBlock.except[0]",
      "must be a strict subset of `cidr`",
    ],
    ["spec: { ingress: [{ ports: [{ port: 0 }] }] }", "spec.ingress[0].ports[0].port", "between 1 and 65535"],
    ["spec: { ingress: [{ ports: [{ port: '80' }] }] }", "spec.ingress[0].ports[0].port", "at least one letter"],
    ["spec: { ingress: [{ ports: [{ port: Web }] }] }", "spec.ingress[0].ports[0].port", "alpha-numeric"],
    [
      "spec: { ingress: [{ ports: [{ port: 90, endPort: 80 }] }] }",
      "spec.ingress[0].ports[0].endPort",
      "must be greater than or equal to `port`",
    ],
    [
      "spec: { ingress: [{ ports: [{ port: web, endPort: 80 }] }] }",
      "spec.ingress[0].ports[0].endPort",
      "may not be specified when `port` is non-numeric",
    ],
    [
      "spec: { ingress: [{ ports: [{ endPort: 80 }] }] }",
      "spec.ingress[0].ports[0].endPort",
      "may not be specified when `port` is not specified",
    ],
    ["spec: { ingress: [{ ports: [{ protocol: tcp }] }] }", "spec.ingress[0].ports[0].protocol", "Unsupported value"],
    ["spec: { policyTypes: [Inbound] }", "spec.policyTypes[0]", 'supported values: "Egress", "Ingress"'],
    ["spec: { policyTypes: [Ingress, Egress, Ingress] }", "spec.policyTypes", "may not specify more than two"],
    [
      "spec: { podSelector: { matchExpressions: [{ key: a, operator: In }] } }",
      "spec.podSelector.matchExpressions[0].values",
      "Required value",
    ],
    [
      "spec: { podSelector: { matchExpressions: [{ key: a, operator: Exists, values: [b] }] } }",
      "spec.podSelector.matchExpressions[0].values",
      "Forbidden",
    ],
    ["spec: { podSelector: { matchLabels: { a: 'x y' } } }", "spec.podSelector.matchLabels.a", "a valid label"],
  ])("%s", (spec, path, message) => {
    const { found } = read(spec);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`${path} `);
    expect(found[0]).toContain(message);
  });
});

describe("read as the API server reads it", () => {
  test("an entry without a value is an empty one; a label without a value has the empty text", () => {
    const { policy } = read("spec:\n  podSelector:\n    matchLabels: { app: }\n  ingress:\n    -\n");
    expect(policy).toMatchObject({
      podSelector: { requirements: [{ key: "app", operator: "In", values: [""] }] },
      ingress: [{ peers: [], ports: [] }],
    });
  });

  test("matchLabels without a value selects everything", () => {
    expect(read("spec:\n  podSelector:\n    matchLabels:\n").policy?.podSelector.requirements).toEqual([]);
  });

  test("policyTypes by default; egress: [] alone isolates nothing and is reported", () => {
    expect(read("spec: {}").policy?.types).toEqual(["Ingress"]);
    expect(read("spec: { egress: [{}] }").policy?.types).toEqual(["Ingress", "Egress"]);
    const { policy, found } = read("spec: { egress: [] }");
    expect(policy?.types).toEqual(["Ingress"]);
    expect(found).toEqual([expect.stringContaining("spec.egress warning")]);
  });

  test("old ways to write addresses", () => {
    const { policy, found } = read("spec: { ingress: [{ from: [{ ipBlock: { cidr: 010.1.2.3/16 } }] }] }");
    expect(policy?.ingress[0]?.peers[0]).toMatchObject({ cidr: "10.1.0.0/16" });
    expect(found[0]).toContain("it means 10.1.0.0/16");
  });

  test("every part knows its line", () => {
    const { policy } = read(
      "spec:\n  ingress:\n    - from:\n        - podSelector: {}\n      ports:\n        - port: 80\n",
    );
    const [rule] = policy?.ingress ?? [];
    expect(
      [policy?.cause, rule?.cause, rule?.peers[0]?.cause, rule?.ports[0]?.cause].map((c) => c?.source?.line),
    ).toEqual([8, 11, 12, 14]);
  });
});
