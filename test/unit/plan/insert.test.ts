import { expect, test } from "vitest";
import { loadLabText } from "../../../src/load/load-lab.ts";
import { planResources } from "../../../src/plan/plan-lab.ts";

test("-I in a cluster's node stands in front of what the cluster wrote into the chain, -A behind it", () => {
  const { lab } = loadLabText(
    `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: t }
spec:
  cluster: { nodes: [node1, node2] }
  topology:
    nodes:
      node1:
        iptables:
          - -A FORWARD -p udp -j DROP
          - -I FORWARD -p tcp -j DROP
          - -I FORWARD -p icmp -j DROP`,
    "lab.yaml",
  );
  const table = planResources(lab).find((r) => r.kind === "iptables" && r.ns === "node1" && r.table === "filter");
  const chain = table?.kind === "iptables" ? table.chains.find((c) => c.name === "FORWARD") : undefined;
  expect(chain?.rules.map((r) => r.args.join(" "))).toEqual([
    "-p icmp -j DROP",
    "-p tcp -j DROP",
    "-m comment --comment flanneld forward -j FLANNEL-FWD",
    "-p udp -j DROP",
  ]);
});
