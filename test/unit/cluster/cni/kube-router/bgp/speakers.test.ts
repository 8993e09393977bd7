import { describe, expect, it } from "vitest";
import { clusterBgp } from "../../../../../../src/cluster/bgp/cluster-bgp.ts";
import type { ClusterBgp } from "../../../../../../src/cluster/bgp/cluster-bgp.ts";
import { routerSpeakers } from "../../../../../../src/cluster/cni/kube-router/bgp/speakers.ts";
import type { KubeRouterModel } from "../../../../../../src/cluster/cni/kube-router/model.ts";
import type { ClusterModel } from "../../../../../../src/cluster/cluster.ts";
import { loadLabText } from "../../../../../../src/load/load-lab.ts";
import { planResources } from "../../../../../../src/plan/plan-lab.ts";
import { describeResource } from "../../../../../../src/resources/definitions.ts";
import { clusterLab, diagnose } from "../../../../load/diagnose.ts";
import { pick } from "../../../planned.ts";

const POD = `
{ apiVersion: v1, kind: Pod, metadata: { name: web, labels: { app: web } }, spec: { nodeName: n1, containers: [{ name: web, image: x, ports: [{ containerPort: 80 }] }] } }`;

const lab = (nodes: readonly string[], cni: string, more = "", ...manifests: string[]): string =>
  clusterLab(
    `    nodes: [${nodes.join(", ")}]\n    dns: false\n    cni: { plugin: kube-router${cni} }\n${more}`,
    POD,
    ...manifests,
  );

const node = (name: string, annotations: Readonly<Record<string, string>>): string =>
  `{ name: ${name}, annotations: { ${Object.entries(annotations)
    .map(([key, value]) => `kube-router.io/${key}: "${value}"`)
    .join(", ")} } }`;

function bgp(text: string): ClusterBgp {
  const [cluster] = loadLabText(text, "lab.yaml").lab.clusters as readonly ClusterModel<KubeRouterModel>[];
  if (cluster === undefined) throw new Error("no cluster");
  return clusterBgp(cluster, routerSpeakers);
}

/** `prefix next hop, by AS path`. */
const known = ({ tables }: ClusterBgp, name: string): string[] =>
  [...(tables.get(name) ?? [])].map(([prefix, { best }]) =>
    `${prefix} ${best.nextHop ?? "own"} ${best.asPath.join(" ")}`.trim(),
  );

const ROUTER = "    router: { bgp: { asNumber: 65000 } }\n";
const PEER = { "peer.ips": "192.168.50.1", "peer.asns": "65000" };
const SERVICE = `
{ apiVersion: v1, kind: Service, metadata: { name: web, annotations: { kube-router.io/service.advertise.clusterip: "true" } }, spec: { clusterIP: 10.96.0.80, selector: { app: web }, ports: [{ port: 80 }] } }`;

describe("kube-router's BGP", () => {
  it("is a full mesh, in which each node announces its pods", () => {
    expect(known(bgp(lab(["n1", "n2", "n3"], "")), "n1")).toEqual([
      "10.244.0.0/24 own",
      "10.244.1.0/24 192.168.50.12",
      "10.244.2.0/24 192.168.50.13",
    ]);
  });

  it("has clients of reflectors speak to these alone, which pass on what they learn", () => {
    const result = bgp(
      lab(
        [node("n1", { "rr.server": "42" }), node("n2", { "rr.client": "42" }), node("n3", { "rr.client": "42" })],
        "",
      ),
    );
    expect(result.sessions.filter(({ state }) => state === "up")).toHaveLength(2);
    expect(known(result, "n2")).toEqual([
      "10.244.0.0/24 192.168.50.11",
      "10.244.1.0/24 own",
      "10.244.2.0/24 192.168.50.13",
    ]);
    expect(result.tables.get("n2")?.get("10.244.2.0/24")?.best.clusters).toEqual(["42"]);
  });

  it("without a full mesh has nodes of one AS speak to each other", () => {
    const result = bgp(
      lab(
        [node("n1", { "node.asn": "64513" }), node("n2", { "node.asn": "64513" }), node("n3", { "node.asn": "64514" })],
        ", nodesFullMesh: false",
      ),
    );
    expect(known(result, "n1")).toEqual(["10.244.0.0/24 own", "10.244.1.0/24 192.168.50.12"]);
    expect(known(result, "n3")).toEqual(["10.244.2.0/24 own"]);
  });

  it("announces pods and Services to a peer of one node, with its AS as often as asked", () => {
    const result = bgp(
      lab(
        [
          node("n1", PEER),
          node("n2", {
            ...PEER,
            "path-prepend.as": "64512",
            "path-prepend.repeat-n": "2",
            "node.bgp.communities": "64512:7",
          }),
        ],
        "",
        ROUTER,
        SERVICE,
      ),
    );
    expect(known(result, "router")).toEqual([
      "10.96.0.80/32 192.168.50.11 64512",
      "10.244.0.0/24 192.168.50.11 64512",
      "10.244.1.0/24 192.168.50.12 64512 64512 64512",
    ]);
    expect(result.tables.get("router")?.get("10.244.1.0/24")?.best.communities).toEqual(["64512:7"]);
    // Nodes keep Services' addresses to themselves.
    expect(known(result, "n2")).toEqual(["10.96.0.80/32 own", "10.244.0.0/24 192.168.50.11", "10.244.1.0/24 own"]);
  });

  it("takes peers of all nodes from flags, and announces no pods where it must not", () => {
    const flags = ", peerRouterIPs: [192.168.50.1], peerRouterASNs: [65000], advertisePodCIDR: false";
    expect(known(bgp(lab(["n1", "n2"], `${flags}, advertiseClusterIP: true`, ROUTER, SERVICE)), "router")).toEqual([
      "10.96.0.1/32 192.168.50.11 64512",
      "10.96.0.80/32 192.168.50.11 64512",
    ]);
  });

  it("takes peers from one annotation, instead of the older ones", () => {
    const peers = "- remoteip: 192.168.50.1\\n  remoteasn: 65000\\n  localip: 192.168.50.11\\n  port: 179";
    const nodes = [node("n1", { peers, "peer.ips": "192.168.50.9", "peer.asns": "65009" }), "n2"];
    expect(known(bgp(lab(nodes, "", ROUTER)), "router")).toEqual(["10.244.0.0/24 192.168.50.11 64512"]);
  });

  it("leads the router to what it has learned", () => {
    const all = planResources(loadLabText(lab([node("n1", PEER), "n2"], "", ROUTER, SERVICE), "lab.yaml").lab);
    const routes = pick(all, "route", "router").map((one) => describeResource(one));
    expect(routes).toContain("route 10.96.0.80/32 via 192.168.50.11 dev eth0 proto bird");
  });

  it("refuses annotations in kube-router's words, at their node", () => {
    const said = (annotations: Readonly<Record<string, string>>, cni = "") =>
      diagnose(lab(["n2", node("n1", annotations)], cni)).join("\n");
    expect(said({ "rr.server": "x" })).toContain("failed to parse rr.server clusterId specified for the node");
    expect(said({ "path-prepend.as": "64512" })).toContain("path-prepend.repeat-n must be set");
    expect(said({ "peer.ips": "192.168.50.1", "peer.asns": "65000,65001" })).toContain(
      "the number of IPs and ASN numbers must be equal",
    );
    expect(said({ "peer.ips": "192.168.50.1", "peer.asns": "23456" })).toContain('reserved ASN number "23456"');
    expect(said({ ...PEER, "peer.ports": "1179" })).toContain("routers of a lab speak BGP at port 179 alone");
    expect(said({ ...PEER, "peer.ports": "179,179" })).toContain("The number of ports should either be zero");
    expect(said({ peers: "- remoteasn: 65000" })).toContain("remoteip cannot be empty");
    expect(said({ peers: "remoteip: 192.168.50.1" })).toContain("failed to parse kube-router.io/peers annotation");
    expect(said(PEER)).toContain("nothing in the lab speaks BGP at 192.168.50.1");
    expect(said({}, ", nodesFullMesh: false")).toContain("could not find ASN number for the node");
    expect(said({}, ", clusterASN: 100")).toContain("invalid ASN number for cluster ASN");
    expect(said({}, ", peerRouterIPs: [192.168.50.1]")).toContain("the number of IPs and ASN numbers must be equal");
  });
});
