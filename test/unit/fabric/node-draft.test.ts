import { describe, expect, it, test } from "vitest";
import { NodeDraft } from "../../../src/fabric/node-draft.ts";
import { newRoute } from "../../../src/fabric/specs.ts";
import { vtepMac } from "../../../src/cluster/cni/flannel/vxlan.ts";
import { cause, clusterFixture, labFixture } from "../cluster/cluster-fixture.ts";
import { pick, routes } from "../cluster/planned.ts";
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

describe("the raw layer over the cluster", () => {
  it("adds to nodes of the same name and has the last word on what both say", () => {
    const node = new NodeDraft("node1", "host", cause("spec.topology.nodes.node1", 50));
    node.addInterface({ name: "flannel.1", mtu: 1400, cause: node.cause });
    const addresses = [{ address: "10.9.0.1/24", cause: node.cause }];
    node.addInterface({ name: "eth9", addresses, cause: node.cause });
    const fdb = { mac: vtepMac("node2", "ipv4"), dev: "flannel.1", dst: "192.168.50.99", cause: node.cause };
    node.add({ kind: "fdb", ...fdb });
    node.add(newRoute({ to: "10.244.1.0/24", family: "ipv4", via: "192.168.50.12", cause: node.cause }));
    node.add({ kind: "sysctl", key: "net.ipv4.ip_forward", value: "0", cause: node.cause });
    const topology = {
      nodes: [node.finish()],
      links: [
        {
          endpoints: [
            { node: "node1", interface: "eth9" },
            { node: "node2", interface: "eth9" },
          ] as const,
          cause: node.cause,
        },
      ],
    };
    const all = planResources(labFixture("x", clusterFixture(), topology));
    expect(pick(all, "netns", "node1")).toMatchObject([{ role: "node" }]);
    expect(pick(all, "vxlan", "node1")).toMatchObject([{ mtu: 1400, vni: 1 }]);
    expect(pick(all, "fdb", "node1").map(({ dst }) => dst)).toEqual(["192.168.50.99", "192.168.50.13"]);
    expect(routes(all, "node1")).toContain("10.244.1.0/24 via 192.168.50.12 dev ");
    expect(routes(all, "node1")).not.toContain("10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink");
    expect(pick(all, "sysctl", "node1").filter(({ key }) => key === "net.ipv4.ip_forward")).toMatchObject([
      { value: "0" },
    ]);
    expect(pick(all, "veth", "node1").map(({ name }) => name)).toContain("eth9");
  });
});
