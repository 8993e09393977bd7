/** An underlay that carries little: what flannel makes of it on each node. */
import { expect, test } from "vitest";
import { loadLabText } from "../../../src/load/load-lab.ts";
import { planResources } from "../../../src/plan/plan-lab.ts";
import { clusterLab, diagnose, pod } from "../load/diagnose.ts";

const SETTING = "net/ipv6/conf/flannel.1/accept_ra";

function planned(cluster: string, topology = "") {
  const text = clusterLab(`    nodes: [node1, node2]\n    ${cluster}${topology}`, pod("a", ", nodeName: node1"));
  const all = planResources(loadLabText(text, "lab.yaml").lab);
  const on = (ns: string) => all.filter((one) => one.ns === ns);
  const tunnel = (ns: string): unknown[] => [
    ...on(ns).flatMap((one) => (one.kind === "vxlan" ? [one.mtu] : [])),
    ...on(ns).flatMap((one) => (one.kind === "sysctl" && one.key === SETTING ? [one.key] : [])),
  ];
  const cable = all.find((one) => one.kind === "veth" && (one.peer.ns === "default/a" || one.ns === "default/a"));
  return { tunnels: ["node1", "node2"].map(tunnel), pod: cable?.kind === "veth" ? cable.mtu : undefined };
}

const uplink = (mtu: number): string => `\n  topology: { nodes: { node1: { interfaces: { eth0: { mtu: ${mtu} } } } } }`;

test.each([
  [
    "mtu: 1330",
    "",
    {
      tunnels: [
        [1280, SETTING],
        [1280, SETTING],
      ],
      pod: 1280,
    },
  ],
  ["mtu: 1329", "", { tunnels: [[1279], [1279]], pod: 1279 }],
  ["mtu: 700", "", { tunnels: [[650], [650]], pod: 650 }],
  ["cni: { mtu: 1200 }", "", { tunnels: [[1200], [1200]], pod: 1200 }],
  ["mtu: 1320, cni: { mtu: 1450 }".replace(", ", "\n    "), "", { tunnels: [[1270], [1270]], pod: 1450 }],
  ["dns: false", uplink(1320), { tunnels: [[1270], [1450, SETTING]], pod: 1270 }],
  ["cni: { backend: host-gw }", uplink(1000), { tunnels: [[], []], pod: 1000 }],
])("%s %s: a device below 1280 has no IPv6 settings", (cluster, topology, expected) => {
  expect(planned(cluster, topology)).toEqual(expected);
});

test("where the pods of one node have no room for IPv6, it is reported", () => {
  const dual = '    nodes: [node1, node2]\n    podCIDR: [10.244.0.0/16, "fd00:10:244::/56"]';
  expect(diagnose(clusterLab(`${dual}${uplink(1340)}`))).toEqual([
    expect.stringContaining("pod MTU 1270 of node1 is too small for IPv6"),
  ]);
  expect(diagnose(clusterLab(`${dual}${uplink(1350)}`))).toEqual([]);
});
