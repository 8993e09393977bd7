import { expect, test } from "vitest";
import { loadLabText } from "../../../src/load/load-lab.ts";
import { formatDenial } from "../../../src/why/policy-denial.ts";

const [cluster] = loadLabText(
  `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: d }
spec: { cluster: { nodes: [node1] } }
---
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: { name: tenants }
spec:
  tier: Admin
  priority: 1
  subject: { namespaces: {} }
  egress:
    - { action: Pass, to: [{ namespaces: {} }] }
    - { name: nodes, action: Deny, to: [{ nodes: {} }] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: p }
spec: { podSelector: {} }
`,
  "d.yaml",
).lab.clusters;

test.each([
  [
    "egress default/a by cnp:2:tenants",
    'ClusterNetworkPolicy tenants egress[1] "nodes" (d.yaml:15) on node1: it denies the egress of pod/a',
  ],
  [
    "egress default/a by cnp:2:ten~",
    'ClusterNetworkPolicy tenants egress[1] "nodes" (d.yaml:15) on node1: it denies the egress of pod/a',
  ],
  ["egress default/a by cnp:2:gone", "ClusterNetworkPolicy gone on node1: it denies the egress of pod/a"],
  [
    "ingress default/a by default/p",
    "NetworkPolicy default/p (d.yaml:19) on node1: ingress of pod/a is isolated and no rule allows it",
  ],
])("%s", (words, text) => expect(formatDenial(cluster, words, "node1")).toBe(text));
