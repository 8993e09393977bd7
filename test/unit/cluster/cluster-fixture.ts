/** A small cluster by hand: nodes on one or two switches, a pod on each, as model/resolve would hand it over. */
import type { Cause } from "../../../src/cause.ts";
import type { ClusterModel } from "../../../src/cluster/cluster.ts";
import type { FlannelModel } from "../../../src/cluster/cni/flannel/model.ts";
import type { ClusterNode } from "../../../src/kube/node/cluster-node.ts";
import type { PerFamily } from "../../../src/net/family.ts";
import type { PodModel } from "../../../src/kube/pod/pod-model.ts";
import type { Lab } from "../../../src/lab/lab.ts";
import type { Topology } from "../../../src/fabric/topology.ts";

export function cause(object: string, line = 1): Cause {
  return { source: { file: "labs/x.yaml", line, column: 3 }, object, reason: "test" };
}

export interface FixtureOptions {
  readonly cni?: Partial<FlannelModel> | undefined;
  readonly families?: readonly ("ipv4" | "ipv6")[] | undefined;
  /** Switch index of each node; default: three nodes on one. */
  readonly switches?: readonly number[] | undefined;
  readonly podsPerNode?: number | undefined;
  readonly serviceName?: string | undefined;
}

function pick<T>(families: readonly string[], values: { ipv4: T; ipv6: T }): PerFamily<T> {
  return Object.fromEntries(Object.entries(values).filter(([family]) => families.includes(family)));
}

export function clusterFixture(options: FixtureOptions = {}): ClusterModel {
  const families = options.families ?? ["ipv4"];
  const onSwitch = options.switches ?? [0, 0, 0];
  const switchName = (index: number): string => (index === 0 ? "underlay" : `underlay${index + 1}`);
  const subnet = (index: number) =>
    pick(families, { ipv4: `192.168.${50 + index}.0/24`, ipv6: `fd00:${50 + index}::/64` });
  const nodes = onSwitch.map((at, index): ClusterNode => ({
    name: `node${index + 1}`,
    address: pick(families, { ipv4: `192.168.${50 + at}.${11 + index}`, ipv6: `fd00:${50 + at}::${11 + index}` }),
    subnet: subnet(at),
    switch: switchName(at),
    podCIDR: pick(families, { ipv4: `10.244.${index}.0/24`, ipv6: `fd00:10:244:${index}::/64` }),
    labels: {},
    cause: cause(`cluster node${index + 1}`, 10 + index),
  }));
  const pods: PodModel[] = nodes.flatMap((node, at) =>
    Array.from({ length: options.podsPerNode ?? 1 }, (_, index): PodModel => {
      const name = `web-${at}-${index}`;
      return {
        namespace: "default",
        name,
        labels: {},
        node: node.name,
        ns: `default/${name}`,
        hostNetwork: false,
        hostname: name,
        address: pick(families, {
          ipv4: `10.244.${at}.${2 + index}`,
          ipv6: `fd00:10:244:${at}::${(2 + index).toString(16)}`,
        }),
        vethName: `veth${(at * 0x10000 + index).toString(16).padStart(8, "0")}`,
        containers: [
          {
            name: "web",
            env: {},
            ports: [{ port: 80, protocol: "tcp", cause: cause(`Pod default/${name}`, 100 + at) }],
            cause: cause(`Pod default/${name}`, 100 + at),
          },
        ],
        ready: true,
        serviceLinks: true,
        dns: { policy: "ClusterFirst", config: { nameservers: [], searches: [], options: [] } },
        cause: cause(`Pod default/${name}`, 100 + at),
      };
    }),
  );
  return {
    name: "default",
    nodes,
    workloadKinds: [],
    switches: [...new Set(onSwitch)].map((index) => ({
      name: switchName(index),
      subnet: subnet(index),
      gateway: pick(families, { ipv4: `192.168.${50 + index}.1`, ipv6: `fd00:${50 + index}::1` }),
      cause: cause("spec.cluster.nodeCIDR", 5),
    })),
    podCIDR: pick(families, { ipv4: "10.244.0.0/16", ipv6: "fd00:10:244::/56" }),
    serviceCIDR: pick(families, { ipv4: "10.96.0.0/16", ipv6: "fd00:10:96::/112" }),
    cni: {
      plugin: "flannel",
      backend: "vxlan",
      directRouting: false,
      vni: 1,
      port: 8472,
      ipMasq: true,
      cause: cause("spec.cluster.cni", 7),
      ...options.cni,
    },
    mtu: 1500,
    internet: {
      subnet: pick(families, { ipv4: "203.0.113.0/24", ipv6: "2001:db8:113::/64" }),
      router: pick(families, { ipv4: "203.0.113.1", ipv6: "2001:db8:113::1" }),
      address: pick(families, { ipv4: "203.0.113.10", ipv6: "2001:db8:113::10" }),
      servers: [80],
    },
    loadBalancer: { ranges: [] },
    kubeProxy: {
      mode: "iptables",
      masqueradeAll: false,
      localhostNodePorts: true,
      cause: cause("spec.cluster.kubeProxy", 8),
    },
    dns: {
      enabled: false,
      domain: "cluster.local",
      clusterIP: {},
      replicas: 2,
      pods: "insecure",
      ttl: 30,
      upstream: [],
    },
    services: [],
    slices: [],
    namespaces: [{ name: "default", labels: { "kubernetes.io/metadata.name": "default" } }],
    pods,
    policies: [],
    clusterPolicies: [],
    networkPolicy: { backend: "iptables", log: true, cause: cause("spec.cluster.networkPolicy", 8) },
    cause: cause("spec.cluster", 4),
  };
}

export const EMPTY_TOPOLOGY: Topology = { nodes: [], links: [] };

export function labFixture(name: string, cluster: ClusterModel | undefined, topology: Topology = EMPTY_TOPOLOGY): Lab {
  return {
    name,
    file: "labs/x.yaml",
    source: { file: "labs/x.yaml", line: 1, column: 1 },
    topology,
    clusters: cluster === undefined ? [] : [cluster],
    captures: [],
    checks: [],
    families: ["ipv4"],
  };
}
