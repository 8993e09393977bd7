import { describe, expect, it } from "vitest";
import { findRequirements } from "../../../../../src/apply/required-features.ts";
import type { ClusterModel } from "../../../../../src/cluster/cluster.ts";
import type { KubeRouterModel } from "../../../../../src/cluster/cni/kube-router/model.ts";
import { kubeRouterPath } from "../../../../../src/cluster/cni/kube-router/path.ts";
import { loadLabText } from "../../../../../src/load/load-lab.ts";
import { planResources } from "../../../../../src/plan/plan-lab.ts";
import { describeResource } from "../../../../../src/resources/definitions.ts";
import type { Resource } from "../../../../../src/resources/resource.ts";
import { clusterLab, diagnose } from "../../../load/diagnose.ts";
import { pick, rules } from "../../planned.ts";

const POD = `
apiVersion: v1
kind: Pod
metadata: { name: web }
spec: { nodeName: node1, containers: [{ name: web, image: x, ports: [{ containerPort: 80, hostPort: 8080 }] }] }`;

const DUAL = (cni: string, far = "{ name: node3, nodeCIDR: [192.168.60.0/24, 'fd00:60::/64'] }"): string =>
  `    nodes: [node1, node2, ${far}]
    podCIDR: [10.244.0.0/16, "fd00:10:244::/56"]
    dns: false
    cni: { plugin: kube-router${cni} }`;

const labOf = (cluster: string) => loadLabText(clusterLab(cluster, POD), "lab.yaml").lab;

function routeTexts(all: readonly Resource[], ns: string): string[] {
  return pick(all, "route", ns).map((one) =>
    [describeResource(one), ...(one.src === undefined ? [] : [`src ${one.src}`])].join(" "),
  );
}

describe("kube-router's network", () => {
  const all = planResources(labOf(DUAL("")));

  it("routes plainly within a subnet and by a tunnel per node between subnets, with the protocol that it means for zebra's", () => {
    const own = routeTexts(all, "node1").filter((text) => text.includes("proto 17"));
    expect(own.map((text) => text.replace(" proto 17", ""))).toEqual([
      "route 10.244.1.0/24 via 192.168.50.12 dev eth0",
      "route 10.244.2.0/24 dev tun-79c37cc69ac src 192.168.50.11",
      "route fd00:10:244:1::/64 via fd00:50::12 dev eth0",
      "route fd00:10:244:2::/64 dev tun-8a9114fec40 src fd00:50::11",
    ]);
    expect(pick(all, "tunnel", "node1").map(({ name, type, mtu, data }) => [name, type, mtu, data])).toEqual([
      ["tun-79c37cc69ac", "ipip", 1480, { remote: "192.168.60.11", local: "192.168.50.11" }],
      ["tun-8a9114fec40", "ip6tnl", 1452, { remote: "fd00:60::11", local: "fd00:50::11", encaplimit: 0 }],
    ]);
    expect(pick(all, "tunnel", "node3")).toHaveLength(4);
  });

  it("leads what pods send to a node itself into the tunnel, by table 77", () => {
    expect(pick(all, "rule", "node1").map((one) => describeResource(one))).toEqual([
      "rule 32765: from 10.244.0.0/24 lookup 77",
      "rule 32765: from fd00:10:244::/64 lookup 77",
    ]);
    expect(routeTexts(all, "node1").filter((text) => text.includes("table 77"))).toEqual([
      "route 192.168.60.11/32 dev tun-79c37cc69ac table 77",
      "route fd00:60::11/128 dev tun-8a9114fec40 table 77",
    ]);
  });

  it("has pods on kube-bridge with the node's MTU, and the runtime's configuration for it", () => {
    expect(pick(all, "bridge", "node1").map(({ name, mtu }) => [name, mtu])).toEqual([["kube-bridge", 1500]]);
    const file = pick(all, "file", "node1").find(({ path }) => path.endsWith("10-kuberouter.conflist"));
    expect(JSON.parse(file?.content ?? "")).toMatchObject({
      cniVersion: "0.3.0",
      name: "mynet",
      plugins: [
        {
          type: "bridge",
          bridge: "kube-bridge",
          isDefaultGateway: true,
          ipam: { ranges: [[{ subnet: "10.244.0.0/24" }], [{ subnet: "fd00:10:244::/64" }]] },
          mtu: 1500,
        },
        { type: "portmap" },
      ],
    });
  });

  it("masquerades what leaves the cluster, behind kube-proxy's rules, unless the lab says otherwise", () => {
    const nat = rules(all, "node1", "ipv6", "nat").filter((rule) => rule.startsWith("POSTROUTING"));
    expect(nat.at(-1)).toBe(
      "POSTROUTING -m set --match-set inet6:kube-router-pod-subnets src -m set ! --match-set inet6:kube-router-pod-subnets dst -m set ! --match-set inet6:kube-router-node-ips dst -j MASQUERADE --random-fully",
    );
    const without = planResources(labOf(DUAL(", enablePodEgress: false")));
    expect(rules(without, "node1", "ipv4", "nat").join()).not.toContain("random-fully");
  });

  it("lets pods' packets through behind its policies", () => {
    const forward = rules(all, "node1", "ipv4", "filter").filter((rule) => rule.startsWith("FORWARD"));
    expect(forward.slice(0, 4).map((rule) => /(-[io] \S+|-j KUBE\S+)/.exec(rule)?.[0])).toEqual([
      "-j KUBE-ROUTER-FORWARD",
      "-o eth0",
      "-o kube-bridge",
      "-i kube-bridge",
    ]);
  });

  it("needs IPIP where a packet takes a tunnel", () => {
    const needed = (cni: string, far?: string) => findRequirements(planResources(labOf(DUAL(cni, far)))).map(({ use }) => use); // prettier-ignore
    expect(needed("")).toContain("kube-router's tunnels between subnets");
    expect(needed(", overlayType: full", "node3").join()).toContain("overlayType subnet needs none");
    expect(needed("", "node3").join()).not.toContain("tunnel");
    const full = planResources(labOf(DUAL(", overlayType: full", "node3")));
    expect(pick(full, "tunnel", "node1")).toHaveLength(4);
  });

  it("has tunnels in UDP where asked, with a port that takes them", () => {
    const fou = planResources(labOf(DUAL(", overlayEncap: fou")));
    expect(pick(fou, "fou", "node1").map((one) => describeResource(one))).toEqual([
      "fou port 5555 gue (ipv4)",
      "fou port 5555 gue (ipv6)",
    ]);
    const udp = { ttl: 225, encap: "gue", "encap-dport": 5555 };
    expect(pick(fou, "tunnel", "node1").map(({ mtu, data }) => [mtu, data])).toEqual([
      [1468, { remote: "192.168.60.11", local: "192.168.50.11", ...udp }],
      [1440, { remote: "fd00:60::11", local: "fd00:50::11", ...udp, encaplimit: 4, mode: "ip6ip6" }],
    ]);
    expect(findRequirements(fou).map(({ feature }) => feature)).toContain("fou");
  });

  it("knows the way of a packet", () => {
    const [cluster] = labOf(DUAL("")).clusters as readonly ClusterModel<KubeRouterModel>[];
    const [near, other, far] = cluster?.nodes ?? [];
    const [pod] = cluster?.pods ?? [];
    if (cluster === undefined || near === undefined || other === undefined || far === undefined || pod === undefined)
      throw new Error("no cluster");
    const from = { node: near, pod };
    const path = (to: Parameters<typeof kubeRouterPath>[2], source = from as Parameters<typeof kubeRouterPath>[1]) =>
      kubeRouterPath(cluster, source, to, "ipv4");
    const tunnel = { device: "tun-79c37cc69ac", overhead: 20 };
    expect(path({ node: far, pod })).toEqual({ mtu: 1480, tunnel, source: "10.244.0.2", masquerades: false });
    expect(path({ node: far })).toEqual({ mtu: 1480, tunnel, source: "10.244.0.2", masquerades: false });
    expect(path({ node: other, pod })).toEqual({ mtu: 1500, source: "10.244.0.2", masquerades: false });
    expect(path("outside")).toEqual({ mtu: 1500, source: "192.168.50.11", masquerades: true });
    expect(path({ node: far, pod }, { node: near })).toMatchObject({ source: "192.168.50.11" });
    expect(path({ node: near, pod }, { node: near })).toMatchObject({ source: "10.244.0.1" });
    expect(path({ node: far }, { node: near })).toEqual({ mtu: 1500, source: "192.168.50.11", masquerades: false });
  });

  it("says of a policy for the whole cluster that it has no effect, and leaves it out", () => {
    const policy =
      "{ apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, metadata: { name: a }, spec: { priority: 1, subject: { namespaces: {} }, ingress: [{ action: Deny, from: [{ namespaces: {} }] }] } }";
    const { lab, warnings } = loadLabText(clusterLab(DUAL("", "node3"), POD, policy), "lab.yaml");
    expect(lab.clusters[0]?.clusterPolicies).toEqual([]);
    expect(warnings.map(({ message }) => message)).toContain(
      "AdminNetworkPolicy a has no effect: kube-router enforces NetworkPolicies only",
    );
  });

  it("refuses what means nothing, at its place", () => {
    const said = (cni: string) => diagnose(clusterLab(DUAL(cni), POD)).join("\n");
    expect(said(", enableOverlay: false, overlayType: full")).toContain("overlayType has no meaning without overlay");
    expect(said(", overlayEncapPort: 5556")).toContain("overlayEncapPort has no meaning with overlayEncap: ipip");
    expect(said(", overlayEncap: fou, overlayEncapPort: 80")).toContain("out of range of valid ports: 80");
    expect(said(", enableOverlay: false")).toContain("kube-router writes no routes between subnets without overlay");
  });
});
