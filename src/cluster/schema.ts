/** What `spec.cluster` may say: nodes, address ranges, CNI. */
import * as z from "zod";
import { lazy } from "../syntax/lazy.ts";
import { PROXY_MODES } from "./kube-proxy/modes.ts";
import { POLICY_BACKEND_NAMES } from "./policy/backends.ts";
import type { CniDocument } from "./cni/plugin.ts";
import { NETWORK_PLUGINS } from "./cni/registry.ts";
import { LOAD_BALANCER_DAEMONS } from "./metallb/model.ts";
import { argument, dnsRecords, line, mtu, oneOrBoth, port } from "../syntax/scalar.ts";

const proxyMode = z.enum([...PROXY_MODES.keys()]);

const sysctls = z.record(z.string().max(200), z.union([z.string().max(200), z.number(), z.boolean()]));

const kubeProxy = lazy(() =>
  z
    .union([
      proxyMode,
      z.strictObject({
        mode: proxyMode.optional().describe("Default iptables"),
        masqueradeAll: z.boolean().optional().describe("Masquerade everything sent to cluster IPs (--masquerade-all)"),
        nodePortAddresses: oneOrBoth
          .optional()
          .describe("CIDRs of the node addresses that answer on node ports (--nodeport-addresses)"),
        localhostNodePorts: z
          .boolean()
          .optional()
          .describe("iptables and IPv4: node ports answer on 127.0.0.1 too, default true"),
        ipvs: z
          .strictObject({
            scheduler: z
              .enum(["rr", "wrr", "lc", "wlc", "lblc", "lblcr", "sh", "dh", "sed", "nq", "mh"])
              .optional()
              .describe("How a virtual server chooses (--ipvs-scheduler), default rr"),
            strictARP: z
              .boolean()
              .optional()
              .describe("Answer ARP only for addresses of the receiving device (--ipvs-strict-arp), default false"),
          })
          .optional()
          .describe("Settings of mode ipvs"),
        tcpBeLiberal: z
          .boolean()
          .optional()
          .describe("conntrack accepts packets outside the window, and no rule drops INVALID ones; default false"),
        conntrackCleanup: z
          .boolean()
          .optional()
          .describe("Delete UDP flows to endpoints that are gone, as kube-proxy does; default true"),
      }),
    ])
    .describe("How Services are implemented: iptables (default), nftables, userspace, ipvs"),
);

/** Lower-case RFC 1123 subdomain: nodes of clouds have such names. */
const nodeName = z
  .string()
  .max(100)
  .regex(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    "must be lower-case letters, digits, '-' and '.', starting and ending with a letter or digit",
  );

const taint = z.union([
  line,
  z.strictObject({
    key: line,
    value: line.optional(),
    effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]),
  }),
]);

export type TaintDocument = z.infer<typeof taint>;

const node = z.union([
  nodeName,
  z.strictObject({
    name: nodeName,
    nodeCIDR: oneOrBoth.optional().describe("Another underlay subnet, with a switch of its own"),
    address: oneOrBoth.optional().describe("Address on the underlay, without prefix length"),
    podCIDR: oneOrBoth.optional().describe("Addresses of its pods, a part of the cluster's podCIDR"),
    labels: z.record(z.string(), z.string()).optional().describe("Labels of the Node: topology.kubernetes.io/zone …"),
    annotations: z
      .record(z.string(), z.string())
      .optional()
      .describe("Annotations of the Node: projectcalico.org/RouteReflectorClusterID …"),
    taints: z
      .array(taint)
      .optional()
      .describe(
        "Taints: KEY=VALUE:EFFECT, KEY:EFFECT or { key, value, effect }; effects NoSchedule, PreferNoSchedule, NoExecute",
      ),
    zone: line.optional().describe("Label topology.kubernetes.io/zone"),
    region: line.optional().describe("Label topology.kubernetes.io/region"),
    roles: z.array(nodeName).optional().describe("Labels node-role.kubernetes.io/ROLE: control-plane …"),
    sysctls: sysctls.optional().describe("net.* keys only"),
    kubeProxy: kubeProxy.optional().describe("This node's own mode and settings; default: the cluster's"),
  }),
]);

/** One of each network plugin's own documents; without `plugin` the first. */
const cni = lazy((): z.ZodType<CniDocument> => {
  const words = {
    array: z.array,
    boolean: z.boolean,
    enum: z.enum,
    int: z.int,
    literal: z.literal,
    number: z.number,
    record: z.record,
    strictObject: z.strictObject,
    string: z.string,
    union: z.union,
    unknown: z.unknown,
  };
  const [first, ...others] = [...NETWORK_PLUGINS.values()].map((plugin) => plugin.schema({ z: words, mtu, port }));
  if (first === undefined) throw new TypeError("there is no network plugin");
  return z.discriminatedUnion("plugin", [first, ...others]);
});

const dns = lazy(() =>
  z
    .union([
      z.boolean(),
      z.strictObject({
        enabled: z.boolean().optional().describe("Default true; dns: false is short for enabled: false"),
        domain: line.optional().describe("Default cluster.local"),
        replicas: z.int().min(1).max(100).optional().describe("Pods of the DNS server, default 2"),
        pods: z
          .enum(["disabled", "insecure", "verified"])
          .optional()
          .describe("Names of pods by address, default insecure"),
        ttl: z.int().min(0).max(3600).optional().describe("Seconds, default 30"),
        zonal: z
          .boolean()
          .optional()
          .describe("CoreDNS's option: names by zone, ZONE.pin._zone.SVC.NS.svc and ZONE.prefer._zone…"),
        synced: z
          .boolean()
          .optional()
          .describe(
            "false: a server that has not synced with the API server yet; names it does not know fail (SERVFAIL)",
          ),
        ignoreEmptyService: z
          .boolean()
          .optional()
          .describe("CoreDNS's option: a Service without ready endpoints has no name"),
        records: dnsRecords
          .optional()
          .describe('Names that the server has besides the cluster\'s: { "*.apps.example": 203.0.113.80 }'),
        stubDomains: z
          .record(z.string(), z.union([line, z.array(line).min(1)]))
          .optional()
          .describe("Domains to forward to other servers: { corp.example: 192.168.50.53 }"),
        upstream: oneOrBoth
          .optional()
          .describe("Servers for names outside the cluster; default: the internet's, when it has a DNS server"),
      }),
    ])
    .describe("Cluster DNS; default: on when the lab has Services"),
);

const controller = z.enum(["ingress-nginx"]);

const ingress = lazy(() =>
  z
    .union([
      controller,
      z.strictObject({
        controller,
        kind: z.enum(["Deployment", "DaemonSet"]).optional().describe("Default Deployment; with hostNetwork DaemonSet"),
        replicas: z.int().min(1).max(100).optional().describe("Of a Deployment, default 1"),
        service: z.enum(["LoadBalancer", "NodePort"]).optional().describe("How it is exposed, default LoadBalancer"),
        externalTrafficPolicy: z
          .enum(["Cluster", "Local"])
          .optional()
          .describe("Default: Local for a LoadBalancer, Cluster for node ports, as the project's manifests have it"),
        hostNetwork: z.boolean().optional().describe("Its pods use ports 80 and 443 of their nodes, default false"),
        default: z.boolean().optional().describe("Its class is the default one, default false"),
        config: z.record(z.string(), z.string()).optional().describe('Its ConfigMap: { use-proxy-protocol: "true" }'),
      }),
    ])
    .describe("A controller of Ingresses, installed as its project's manifests install it"),
);

const nodes = z.array(node).max(1000).describe("Node objects among the manifests add more");

/** What `spec.clusters` calls a cluster; stands in front of the names of its nodes. */
export const clusterName = z
  .string()
  .max(20)
  .regex(
    /^[a-z]([-a-z0-9]*[a-z0-9])?$/,
    "must be lower-case letters, digits and '-', starting with a letter and not ending with '-'",
  );

/** `kindnet: nftables`. */
const OWN_BACKENDS = [...NETWORK_PLUGINS.values()].flatMap((plugin) => {
  const backend = plugin.policyBackend?.(plugin.plain) ?? "iptables";
  return backend === "iptables" ? [] : [`${plugin.name}: ${backend}`];
});

export const cluster = z.strictObject({
  nodes: nodes.default([]),
  nodeCIDR: oneOrBoth
    .optional()
    .describe("Underlay subnet, default 192.168.50.0/24; clusters with the same one have their nodes on one switch"),
  podCIDR: oneOrBoth.optional().describe("Pod addresses, default 10.244.0.0/16; each node gets a /24 (IPv6: a /64)"),
  serviceCIDR: oneOrBoth.optional().describe("Service addresses, default 10.96.0.0/16"),
  flat: z
    .boolean()
    .optional()
    .describe("The lab's router has routes to the pods: other clusters reach them by address; default false"),
  router: z
    .strictObject({
      bgp: z
        .strictObject({ asNumber: z.union([z.number(), line]).describe("The AS that the router is in: 65000") })
        .describe("The router takes BGP sessions of nodes, and passes on to the internet what it learns"),
    })
    .optional()
    .describe("The lab's router, which has the first address of each node subnet"),
  mtu: mtu.optional().describe("MTU of the underlay, default 1500"),
  cni: cni.optional().describe("The network plugin"),
  kubeProxy: kubeProxy.optional(),
  dns: dns.optional(),
  loadBalancer: z
    .strictObject({
      cidr: oneOrBoth
        .optional()
        .describe(
          "Addresses for Services of type LoadBalancer, within a node subnet. Default: the last 16 addresses of nodeCIDR (IPv6: ::f0 to ::ff)",
        ),
      bgp: z
        .strictObject({
          daemon: z
            .enum(LOAD_BALANCER_DAEMONS)
            .optional()
            .describe(
              "computed (default): routes as MetalLB's speakers announce them, at once; bird: a real BIRD 2 on each node and the router",
            ),
        })
        .optional()
        .describe("How MetalLB's speakers announce addresses, where manifests of metallb.io have a BGPPeer"),
    })
    .optional()
    .describe("Load balancers' addresses; with manifests of metallb.io they come from IPAddressPools"),
  ingress: ingress.optional(),
  networkPolicy: z
    .strictObject({
      backend: z
        .enum(POLICY_BACKEND_NAMES)
        .optional()
        .describe(
          `Policy backend of the nodes; default: the network plugin's (${OWN_BACKENDS.join(", ")}), else iptables (with ipset)`,
        ),
      log: z.boolean().optional().describe("Denied packets go to NFLOG group 100, default true"),
    })
    .optional()
    .describe("How NetworkPolicies are enforced"),
  internet: z
    .strictObject({
      cidr: oneOrBoth.optional().describe("Default 203.0.113.0/24"),
      servers: z
        .array(z.union([port, line]))
        .optional()
        .describe("TCP ports of the built-in server"),
      dns: dnsRecords.optional(),
    })
    .optional()
    .describe("The namespace outside the cluster"),
});

/** One of several, with manifests of its own. */
export const namedCluster = lazy(() =>
  cluster.extend({
    manifests: z
      .array(argument.min(1))
      .optional()
      .describe("Files or folders with this cluster's manifests, relative to this file"),
  }),
);

/** What a fault overlays on it. */
export const clusterPart = lazy(() => cluster.partial().extend({ nodes: nodes.optional() }));

export type ClusterDocument = z.infer<typeof cluster>;
export type KubeProxyDocument = z.infer<typeof kubeProxy>;
export type ClusterDnsDocument = z.infer<typeof dns>;
export type IngressDocument = z.infer<typeof ingress>;
