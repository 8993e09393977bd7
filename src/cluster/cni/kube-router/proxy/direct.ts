/**
 * Direct server return: packets to an external address get a mark, are delivered to the node by a table of their own, and IPVS sends
 * them, as they are, in a tunnel to a pod, which has the address itself (network_services_controller.go, setupMangleTableRule;
 * linux_networking.go, setupPolicyRoutingForDSR, configureContainerForDSR; utils.go, generateUniqueFWMark).
 */
import { because, type Cause } from "../../../../cause.ts";
import { typedSpecs } from "../../../../fabric/device.ts";
import type { NodeDraft } from "../../../../fabric/node-draft.ts";
import { newPolicyRule, newRoute, newRule, newSysctl } from "../../../../fabric/specs.ts";
import type { TopologyIptables } from "../../../../fabric/topology-rule.ts";
import { perObject } from "../../../../memo.ts";
import { fnv1a } from "../../../../net/digest.ts";
import type { Family } from "../../../../net/family.ts";
import { DEFAULT_ROUTE, familyOf, HOST_LENGTH } from "../../../../net/families.ts";
import { namespacedName } from "../../../../net/object-ref.ts";
import { markText } from "../../../marks.ts";
import type { ClusterModel } from "../../../cluster.ts";
import type { PodEnds } from "../../plugin.ts";
import { BRIDGE } from "../node-rules.ts";
import type { KubeRouterModel } from "../model.ts";
import { isDirect, routerServices } from "./services.ts";

/** Tables `kube-router-dsr` and `external_ip`, and the priorities of the rules that lead into them. */
const DIRECT = { table: 78, priority: 32764 } as const;
const EXTERNAL = { table: 79, priority: 32765 } as const;

/** Bits of the marks. */
const MARK_MASK = 0x3fff;

/** Marks by `ADDRESS-PROTOCOL-PORT`; where two have the same hash the later one gets another. */
export class Marks {
  readonly #taken = new Map<number, string>();

  of(address: string, protocol: string, port: number): number {
    const key = `${address}-${protocol}-${port}`;
    for (let turn = 0; ; turn++) {
      const mark = fnv1a(turn === 0 ? key : `${key}-${turn}`) & MARK_MASK;
      if ((this.#taken.get(mark) ?? key) !== key) continue;
      this.#taken.set(mark, key);
      return mark;
    }
  }
}

export interface DirectPort {
  readonly address: string;
  readonly protocol: string;
  readonly port: number;
  readonly mark: number;
  readonly cause: Cause;
}

const TCP_HEADER = 20;
const IP_HEADER = { ipv4: 20, ipv6: 40 } as const satisfies Record<Family, number>;

/** Table mangle: the mark, and for TCP segments that fit into the tunnel. `mtu`: of the node's uplink. */
export function markRules(
  { address, protocol, port, mark, cause }: DirectPort,
  mtu: number,
): readonly TopologyIptables[] {
  const family = familyOf(address);
  const of = (option: "-d" | "-s", dport: "--dport" | "--sport") =>
    [option, address, "-m", protocol, "-p", protocol, dport, String(port)] as const;
  const marking = [...of("-d", "--dport"), "-j", "MARK", "--set-mark", String(mark)];
  const why = because(cause, "kube-router: the mark leads to the virtual server, and to this node itself");
  const size = String(mtu - 2 * IP_HEADER[family] - TCP_HEADER);
  const clamp = ["-i", BRIDGE, "--tcp-flags", "SYN,RST", "SYN", "-j", "TCPMSS", "--set-mss", size];
  const room = because(cause, "kube-router: what clients send must fit into the tunnel to the pod");
  return [
    newRule(family, "mangle", "PREROUTING", marking, why),
    ...(protocol === "tcp" ? [newRule(family, "mangle", "PREROUTING", [...of("-s", "--sport"), ...clamp], room)] : []),
    newRule(family, "mangle", "OUTPUT", marking, why),
  ];
}

/** Rules and tables of a node, which are there also without a Service that needs them. */
export function addDirectRouting(family: Family, ports: readonly DirectPort[], cause: Cause, draft: NodeDraft): void {
  const { table, priority } = DIRECT;
  draft.add(
    newRoute({
      to: DEFAULT_ROUTE[family],
      family,
      type: "local",
      dev: "lo",
      table,
      ...(family === "ipv4" ? { scope: "host" } : {}),
      cause: because(cause, "table kube-router-dsr: whatever looks into it is for this node"),
    }),
    newPolicyRule({
      family,
      ...EXTERNAL,
      cause: because(cause, "table external_ip, which is empty"),
    }),
    ...ports.map(({ mark, cause: why }) =>
      newPolicyRule({
        family,
        priority,
        fwmark: markText(mark),
        table,
        cause: because(why, "no device has the address: by its mark the packet is delivered here, to IPVS"),
      }),
    ),
  );
}

const TUNNEL = {
  ipv4: { name: "kube-tunnel-if", type: "ipip" },
  ipv6: { name: "kube-tunnel-v6", type: "ip6tnl" },
} as const;

interface Receiver {
  readonly address: string;
  readonly cause: Cause;
}

/** What pods receive for Services, by the pod's `NAMESPACE/NAME`. */
const receivers = perObject((cluster: ClusterModel<KubeRouterModel>): ReadonlyMap<string, readonly Receiver[]> => {
  const found = new Map<string, Map<string, Receiver>>();
  for (const service of routerServices(cluster).filter(isDirect)) {
    const vips = [...service.externalIPs, ...service.loadBalancerIPs.map(({ ip }) => ip)];
    const cause = because(service.cause, "the pod answers clients from the Service's own address");
    for (const slice of cluster.slices.filter(
      (one) => namespacedName({ namespace: one.namespace, name: one.service }) === namespacedName(service),
    ))
      for (const { pod, ready, serving } of slice.endpoints) {
        if (pod === undefined || (!ready && !serving)) continue;
        const own = found.get(pod) ?? new Map<string, Receiver>();
        for (const address of vips) if (familyOf(address) === slice.family) own.set(address, { address, cause });
        found.set(pod, own);
      }
  }
  return new Map([...found].map(([pod, own]) => [pod, [...own.values()]]));
});

/** Tunnels in a pod, with the addresses of its Services. */
export function addReceivers(cluster: ClusterModel<KubeRouterModel>, { pod, inside }: PodEnds): void {
  const own = cluster.cni.proxy === undefined ? [] : (receivers(cluster).get(namespacedName(pod)) ?? []);
  for (const [family, list] of Map.groupBy(own, ({ address }) => familyOf(address))) {
    const local = pod.address[family];
    const [first] = list;
    if (local === undefined || first === undefined) continue;
    const { name, type } = TUNNEL[family];
    inside.addAll(
      typedSpecs({
        name,
        kind: "tunnel",
        type,
        data: { local, ...(family === "ipv6" ? { encaplimit: 0 } : {}) },
        addresses: list.map(({ address, cause }) => ({ address: `${address}/${HOST_LENGTH[family]}`, cause })),
        cause: because(first.cause, "takes packets out of what IPVS sends them in"),
      }),
    );
    const loose = because(first.cause, "packets out of the tunnel have sources that are reached by eth0");
    for (const dev of family === "ipv4" ? [name, "eth0", "all"] : [])
      inside.addSysctlOnce(newSysctl({ key: `net.ipv4.conf.${dev}.rp_filter`, value: "0", cause: loose }));
  }
}
