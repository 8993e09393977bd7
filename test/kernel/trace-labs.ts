/** Labs of every plugin, kube-proxy mode, family and number of clusters, to be broken while they are traced. */
import type { Family } from "../../src/net/family.ts";
import type { Lab } from "../../src/lab/lab.ts";
import { planHealthy } from "../../src/plan/plan-lab.ts";
import type { ResourceKind, ResourceOf } from "../../src/resources/resource.ts";
import { resolveTarget } from "../../src/targets/parse-target.ts";

export interface Shape {
  /** A backend of Flannel's, or another plugin. */
  readonly cni: "vxlan" | "host-gw" | "kindnet" | "calico" | "kube-router" | "vpc" | "cni";
  readonly mode: string;
  /** `plugin`: the network plugin enforces them. */
  readonly policies: "iptables" | "nftables" | "plugin";
  readonly families: readonly Family[];
  /** Beside the one that is broken, which is named `west` then. */
  readonly second?: true;
}

/** What breaks know of a lab: names and addresses as it chose them, and the tools of a family. */
export interface Scene extends Shape {
  readonly family: Family;
  readonly driver: string;
  readonly lab: Lab;
  /** Before the names of targets: `west.`, or nothing. */
  readonly prefix: string;
  /** The tools of the family, `32` or `128`, and a network that nothing is in. */
  readonly ip: string;
  readonly iptables: string;
  readonly host: number;
  readonly nowhere: string;
  /** Of a node's pods. */
  readonly bridge: string | undefined;
  /** The lab's namespaces. */
  readonly ns: Readonly<Record<"node1" | "node2" | "client" | "near" | "web" | "closed", string>>;
  readonly address: Readonly<Record<"node1" | "node2" | "client" | "near" | "web" | "closed", string>>;
  /** The node's end of each pod's veth. */
  readonly port: Readonly<Record<"client" | "near" | "web" | "closed", string>>;
  /** The pods of the other node, as the routes of node1 and node2 name them; undefined: their network delivers any pod's packets. */
  readonly there: string | undefined;
  readonly back: string | undefined;
  readonly service: string;
  readonly gateway: string;
}

const RANGES = {
  ipv4: { node: ["192.168.50.0/24", "192.168.51.0/24"], pod: ["10.244.0.0/16", "10.245.0.0/16"], service: ["10.96.0.0/16", "10.97.0.0/16"], internet: "203.0.113.0/24" },
  ipv6: { node: ["fd00:50::/64", "fd00:51::/64"], pod: ["fd00:10:244::/56", "fd00:10:245::/56"], service: ["fd00:10:96::/112", "fd00:10:97::/112"], internet: "2001:db8:113::/64" },
} as const; // prettier-ignore

function pluginOf(cni: Shape["cni"]): object {
  if (cni === "vxlan" || cni === "host-gw") return { plugin: "flannel", backend: cni };
  return cni === "cni" ? { plugin: cni, conflist: BRIDGE } : { plugin: cni };
}

/** The reference plugin bridge, as a real program. */
const BRIDGE = {
  cniVersion: "1.0.0",
  name: "reference",
  plugins: [
    {
      type: "bridge",
      bridge: "cni0",
      isGateway: true,
      hairpinMode: true,
      ipam: { type: "host-local", ranges: [[{ subnet: "{{.PodCIDR}}" }]], routes: [{ dst: "0.0.0.0/0" }] },
    },
  ],
};

function cluster({ cni, mode, policies, families }: Shape, index: 0 | 1): object {
  const range = (of: "node" | "pod" | "service"): readonly string[] =>
    families.map((family) => RANGES[family][of][index]);
  return {
    nodes: ["node1", "node2"],
    nodeCIDR: range("node"),
    ...(cni === "vpc" ? {} : { podCIDR: range("pod") }),
    serviceCIDR: range("service"),
    cni: pluginOf(cni),
    kubeProxy: mode,
    ...(policies === "plugin" ? {} : { networkPolicy: { backend: policies } }),
    ...(index === 0 ? { internet: { cidr: families.map((family) => RANGES[family].internet), servers: [80] } } : {}),
    ...(index === 1 ? { flat: true } : {}),
  };
}

/** `of`: the cluster, where there are several. */
function manifests(of?: string): readonly object[] {
  const where = of === undefined ? {} : { annotations: { "k8snet-lab/cluster": of } };
  const pod = (name: string, nodeName: string): object => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: name }, ...where },
    spec: {
      nodeName,
      containers: [{ name: "c", ports: [{ containerPort: 80 }, { containerPort: 9000, protocol: "UDP" }] }],
    },
  });
  const service = (name: string, more: object = {}): object => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, ...where },
    spec: {
      selector: { app: name },
      ipFamilyPolicy: "PreferDualStack",
      ports: [{ port: 80, ...more }],
      ...("nodePort" in more ? { type: "NodePort" } : {}),
    },
  });
  return [
    pod("client", "node1"),
    pod("near", "node1"),
    pod("web", "node2"),
    pod("closed", "node2"),
    service("web", { nodePort: 30080 }),
    service("near"),
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: "deny", ...where },
      spec: { podSelector: { matchLabels: { app: "closed" } } },
    },
  ];
}

/**
 *     client, near | node1 ── underlay ── node2 | web, closed        router ── internet
 *
 * Services web (node port 30080) and near; policy deny isolates closed.
 */
export function traceLab(name: string, shape: Shape): string {
  const clusters =
    shape.second === true
      ? { clusters: { west: cluster(shape, 0), east: cluster(shape, 1) } }
      : { cluster: cluster(shape, 0) };
  const documents = [
    { apiVersion: "k8snet-lab/v1", kind: "Lab", metadata: { name }, spec: clusters },
    ...(shape.second === true ? [...manifests("west"), ...manifests("east")] : manifests()),
  ];
  return documents.map((one) => JSON.stringify(one)).join("\n---\n");
}

export function sceneOf(lab: Lab, shape: Shape, family: Family): Omit<Scene, "driver" | "port"> {
  const prefix = shape.second === true ? "west." : "";
  const six = family === "ipv6";
  const all = planHealthy(lab);
  const named = (name: string): ReturnType<typeof resolveTarget> =>
    resolveTarget(lab, `${prefix}${name.startsWith("node") ? name : `pod/${name}`}`);
  const places = {
    node1: named("node1"),
    node2: named("node2"),
    client: named("client"),
    near: named("near"),
    web: named("web"),
    closed: named("closed"),
  };
  const each = <T>(of: (name: keyof typeof places) => T): Record<keyof typeof places, T> =>
    Object.fromEntries(Object.keys(places).map((name) => [name, of(name as keyof typeof places)])) as Record<
      keyof typeof places,
      T
    >;
  const ns = each((name) => places[name].ns);
  const address = each((name) => places[name].addresses[family] ?? "");
  const found = <K extends ResourceKind>(kind: K, is: (one: ResourceOf<K>) => boolean): ResourceOf<K> | undefined =>
    all.find((one): one is ResourceOf<K> => one.kind === kind && is(one as ResourceOf<K>));
  const route = (at: string, to: string): string | undefined =>
    found(
      "route",
      (one) =>
        one.ns === at &&
        one.family === family &&
        !/\/(?:0|32|128)$/.test(one.to) &&
        one.via !== undefined &&
        one.to.startsWith(to.slice(0, to.lastIndexOf(six ? ":" : "."))),
    )?.to;
  const service =
    lab.clusters[0]?.services
      .find((one) => one.name === "web" && one.namespace === "default")
      ?.clusterIPs.find((one) => one.includes(":") === six) ?? "";
  const gateway =
    found("route", (one) => one.ns === ns.client && one.family === family && one.to.endsWith("/0"))?.via ?? "";
  return {
    ...shape,
    family,
    lab,
    prefix,
    ip: six ? "ip -6" : "ip",
    iptables: six ? "ip6tables" : "iptables",
    host: six ? 128 : 32,
    nowhere: six ? "fd00:dead::" : "198.51.100.",
    bridge: shape.cni === "cni" ? "cni0" : found("bridge", (one) => one.ns === ns.node1)?.name,
    ns,
    address,
    there: route(ns.node1, address.web),
    back: route(ns.node2, address.client),
    service,
    gateway,
  };
}
