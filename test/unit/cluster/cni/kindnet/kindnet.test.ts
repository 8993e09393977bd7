import { describe, expect, it } from "vitest";
import { findRequirements } from "../../../../../src/apply/required-features.ts";
import { kindnetPath } from "../../../../../src/cluster/cni/kindnet/path.ts";
import type { KindnetModel } from "../../../../../src/cluster/cni/kindnet/model.ts";
import type { ClusterModel } from "../../../../../src/cluster/cluster.ts";
import { loadLabText } from "../../../../../src/load/load-lab.ts";
import { planResources } from "../../../../../src/plan/plan-lab.ts";
import { describeResource } from "../../../../../src/resources/definitions.ts";
import { clusterLab, diagnose } from "../../../load/diagnose.ts";
import { pick, rules } from "../../planned.ts";

const POD = `
apiVersion: v1
kind: Pod
metadata: { name: web }
spec: { nodeName: node1, containers: [{ name: web, image: x, ports: [{ containerPort: 80, hostPort: 8080 }] }] }`;

const DUAL = `    nodes: [node1, node2]
    podCIDR: [10.244.0.0/16, "fd00:10:244::/56"]
    cni: { plugin: kindnet }`;

function labOf(cluster = DUAL) {
  return loadLabText(clusterLab(cluster, POD), "lab.yaml").lab;
}

const all = planResources(labOf());
const text = (ns: string, kind: "route" | "addr"): string[] =>
  pick(all, kind, ns).map((one) => {
    const route = one.kind === "route" ? one : undefined;
    const more = route === undefined ? [] : [route.src && `src ${route.src}`, route.scope && `scope ${route.scope}`];
    return [describeResource(one), ...more].filter(Boolean).join(" ");
  });

describe("kindnet", () => {
  const veth = pick(all, "veth", "default/web")[0]?.peer.name ?? "";

  it("attaches a pod as ptp does: the gateway on its veth, a host route, and no bridge", () => {
    expect(veth).toMatch(/^veth[0-9a-f]{8}$/);
    expect(text("node1", "addr")).toEqual(
      expect.arrayContaining([`addr 10.244.0.1/32 dev ${veth}`, `addr fd00:10:244::1/128 dev ${veth}`]),
    );
    expect(text("node1", "route")).toEqual(
      expect.arrayContaining([
        `route 10.244.0.2/32 dev ${veth} scope host`,
        `route fd00:10:244::2/128 dev ${veth}`,
        "route 10.244.1.0/24 via 192.168.50.12 dev eth0",
        "route fd00:10:244:1::/64 via fd00:50::12 dev eth0",
      ]),
    );
    expect(pick(all, "bridge", "node1")).toEqual([]);
    expect(pick(all, "sysctl", "node1").map(({ key }) => key)).toContain(`net.ipv6.conf.${veth}.accept_ra`);
  });

  it("leaves a pod no neighbour but the gateway", () => {
    expect(pick(all, "addr", "default/web").map(({ address, prefixRoute }) => [address, prefixRoute])).toEqual([
      ["10.244.0.2/24", false],
      ["fd00:10:244::2/64", false],
    ]);
    expect(text("default/web", "route")).toEqual([
      "route 10.244.0.1/32 dev eth0 src 10.244.0.2 scope link",
      "route 10.244.0.0/24 via 10.244.0.1 dev eth0 src 10.244.0.2",
      "route default via 10.244.0.1 dev eth0",
      "route fd00:10:244::1/128 dev eth0 src fd00:10:244::2",
      "route fd00:10:244::/64 via fd00:10:244::1 dev eth0 src fd00:10:244::2",
      "route default (ipv6) via fd00:10:244::1 dev eth0",
    ]);
  });

  it("masquerades in KIND-MASQ-AGENT, with kindnetd's comments, and gives hostPorts their veth", () => {
    const nat = rules(all, "node1", "ipv6", "nat").filter((rule) => rule.includes("KIND-MASQ"));
    expect(nat).toEqual([
      "POSTROUTING -m addrtype ! --dst-type LOCAL -m comment --comment kind-masq-agent: ensure nat POSTROUTING directs all non-LOCAL destination traffic to our custom KIND-MASQ-AGENT chain -j KIND-MASQ-AGENT",
      "KIND-MASQ-AGENT -d fd00:10:244::/56 -m comment --comment kind-masq-agent: local traffic is not subject to MASQUERADE -j RETURN",
      "KIND-MASQ-AGENT -m comment --comment kind-masq-agent: outbound traffic is subject to MASQUERADE (must be last in chain) -j MASQUERADE",
    ]);
    expect(pick(all, "sysctl", "node1").map(({ key }) => key)).toContain(`net.ipv4.conf.${veth}.route_localnet`);
  });

  it("writes the conflist of kindnetd, with the MTU of the node's eth0", () => {
    const conflist = pick(all, "file", "node1").find(({ path }) => path === "/etc/cni/net.d/10-kindnet.conflist");
    expect(JSON.parse(conflist?.content ?? "")).toEqual({
      cniVersion: "0.3.1",
      name: "kindnet",
      plugins: [
        {
          type: "ptp",
          ipMasq: false,
          ipam: {
            type: "host-local",
            dataDir: "/run/cni-ipam-state",
            routes: [{ dst: "0.0.0.0/0" }, { dst: "::/0" }],
            ranges: [[{ subnet: "10.244.0.0/24" }], [{ subnet: "fd00:10:244::/64" }]],
          },
          mtu: 1500,
        },
        { type: "portmap", capabilities: { portMappings: true } },
      ],
    });
    expect(pick(all, "veth", "default/web")).toMatchObject([{ mtu: 1500, peer: { mtu: 1500 } }]);
  });

  it("says what a packet's other end sees", () => {
    const [cluster] = labOf().clusters as unknown as readonly ClusterModel<KindnetModel>[];
    const [node1, node2] = cluster?.nodes ?? [];
    const [pod] = cluster?.pods ?? [];
    if (cluster === undefined || node1 === undefined || node2 === undefined || pod === undefined)
      throw new Error("no such lab");
    const path = (from: Parameters<typeof kindnetPath>[1], to: Parameters<typeof kindnetPath>[2]) =>
      kindnetPath(cluster, from, to, "ipv4");
    expect(path({ node: node1 }, { node: node1, pod })).toEqual({
      mtu: 1500,
      source: "10.244.0.1",
      masquerades: false,
    });
    expect(path({ node: node2 }, { node: node1, pod })).toMatchObject({ source: "192.168.50.12" });
    expect(path({ node: node1, pod }, "outside")).toMatchObject({ source: "192.168.50.11", masquerades: true });
    expect(path({ node: node1, pod }, { node: node2 })).toMatchObject({ source: "192.168.50.11", masquerades: true });
    expect(path({ node: node1, pod }, { node: node1 })).toMatchObject({ source: "10.244.0.2", masquerades: false });
  });

  it("is not built where the kernel lacks what it needs", () => {
    const needed = findRequirements(all);
    expect(needed).toContainEqual({
      use: "kindnet's masquerading",
      feature: "iptables addrtype",
      module: "xt_addrtype",
    });
  });

  it("enforces policies by nftables unless the lab says otherwise", () => {
    expect(labOf().clusters[0]?.networkPolicy.backend).toBe("nftables");
    expect(labOf(`${DUAL}\n    networkPolicy: { backend: iptables }`).clusters[0]?.networkPolicy.backend).toBe(
      "iptables",
    );
  });
});

describe("what cannot be built", () => {
  it.each([
    [
      "a setting of another plugin",
      "    nodes: [node1]\n    cni: { plugin: kindnet, backend: vxlan }",
      /:29 .*backend/,
    ],
    [
      "nodes on two subnets",
      "    nodes: [node1, { name: node2, nodeCIDR: 192.168.51.0/24 }]\n    cni: { plugin: kindnet }",
      /7:20 kindnet needs all nodes on one subnet, but there are 2: underlay, underlay2/,
    ],
    [
      "an MTU too small for IPv6",
      DUAL.replace("kindnet }", "kindnet, mtu: 1000 }"),
      /8:34 pod MTU 1000 is too small for IPv6/,
    ],
    ["no such plugin", "    nodes: [node1]\n    cni: { plugin: nosuch }", /:20 .*plugin/],
  ])("%s", (_name, cluster, message) => {
    expect(diagnose(clusterLab(cluster)).join("\n")).toMatch(message);
  });
});
