/** Host endpoints in explanations and exposures: what is on a connection's way, stage by stage. */
import { expect, test } from "vitest";
import { loadLabText } from "../../../../src/load/load-lab.ts";
import { policyWorld } from "../../../../src/cluster/policy/policy-world.ts";
import { hostExposure } from "../../../../src/oracle/policy/policy-exposure.ts";
import { explain } from "../../../../src/oracle/policy/policy-explain.ts";
import { policyPaths } from "../../../../src/oracle/policy/policy-path.ts";
import { paint } from "../../../../src/report/color.ts";
import { formatExplanation } from "../../../../src/report/policy-explanation.ts";

const LAB = `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: hosts }
spec: { cluster: { nodes: [n1, n2], dns: false, cni: { plugin: calico } } }
---
apiVersion: v1
kind: Pod
metadata: { name: web }
spec: { nodeName: n2, containers: [{ name: c, image: x, ports: [{ containerPort: 80 }] }] }
---
apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata: { name: h, labels: { host: n1 } }
spec: { node: n1, interfaceName: eth0 }
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: { name: p }
spec:
  selector: host == 'n1'
  ingress:
    - { action: Allow, protocol: TCP, destination: { ports: [443] } }
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: { name: early }
spec:
  selector: host == 'n1'
  preDNAT: true
  applyOnForward: true
  ingress:
    - { action: Deny, protocol: TCP, destination: { ports: [8443] } }
`;

function world() {
  const [cluster] = loadLabText(LAB, "hosts.yaml").lab.clusters;
  if (cluster === undefined) throw new TypeError("no cluster");
  return { cluster, world: policyWorld(cluster) };
}

/** The lines about host endpoints of the explanation of a connection from the pod to the node. */
function explained(port: number): readonly string[] {
  const { cluster, world: policies } = world();
  const [pod, node] = [cluster.pods[0], cluster.nodes[0]];
  const address = node?.address.ipv4;
  if (pod === undefined || address === undefined) throw new TypeError("no pod");
  const from = { text: "web", ns: pod.ns, node: pod.node, pod, addresses: pod.address };
  const [path] = policyPaths(cluster, policies, from, { address, port }, "TCP", "ipv4") ?? [];
  if (path?.egress === undefined) throw new TypeError("no path");
  const explanation = explain(policies, path.egress.packet, undefined, undefined, path.judgement.hosts);
  expect(explanation.allowed).toBe(path.judgement.allowed);
  const text = formatExplanation(explanation, { from: "web", to: "n1", port: `${port}` }, paint({ isTTY: false }, {}));
  const lines = text.trimEnd().split("\n");
  return lines.slice(lines.findIndex((line) => line.startsWith("HostEndpoint")));
}

test("a connection to a node: the stage that decides, and why", () => {
  expect(explained(443)).toEqual([
    "HostEndpoint h (n1 eth0) ingress: allowed",
    "  GlobalNetworkPolicy p ingress[0] (hosts.yaml:22:7)",
  ]);
  expect(explained(80)).toEqual([
    "HostEndpoint h (n1 eth0) ingress: denied",
    "  isolated by GlobalNetworkPolicy p (hosts.yaml:18:13)",
  ]);
  expect(explained(22)).toEqual(["HostEndpoint h (n1 eth0) ingress: allowed", "  failsafe port"]);
  expect(explained(8443)).toEqual([
    "HostEndpoint h (n1 eth0) ingress before DNAT: denied",
    "  GlobalNetworkPolicy early ingress[0] (hosts.yaml:32:7)",
  ]);
});

test("who reaches a host endpoint, and what it reaches without a policy and without a profile", () => {
  const { world: policies } = world();
  const [endpoint] = policies.calico?.hostEndpoints ?? [];
  if (endpoint === undefined) throw new TypeError("no endpoint");
  const ingress = hostExposure(policies, endpoint, "ingress");
  expect(ingress).toMatchObject({
    isolated: true,
    lines: [
      { when: "before DNAT", action: "deny", who: "everybody", ports: "tcp ports 8443" },
      { when: undefined, action: "allow", who: "everybody", ports: "tcp ports 443" },
    ],
  });
  expect(hostExposure(policies, endpoint, "egress")).toEqual({ kind: "rules", lines: [], isolated: true });
  const open = { ...endpoint, profiles: ["projectcalico-default-allow"] };
  expect(hostExposure(policies, open, "egress")).toEqual({ kind: "open" });
});
