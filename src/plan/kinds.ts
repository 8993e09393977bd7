/** Registry of resource kinds, in the order in which they are built where no dependency says otherwise. */
import { addrKind } from "./kinds/addr.ts";
import { bridgeKind } from "./kinds/bridge.ts";
import { conntrackKind } from "./kinds/conntrack.ts";
import { dnsKind } from "./kinds/dns.ts";
import { dummyKind } from "./kinds/dummy.ts";
import { fdbKind } from "./kinds/fdb.ts";
import { fileKind } from "./kinds/file.ts";
import { ipsetKind } from "./kinds/ipset.ts";
import { iptablesKind } from "./kinds/iptables.ts";
import { ipvsKind } from "./kinds/ipvs.ts";
import { neighKind } from "./kinds/neigh.ts";
import { netnsKind } from "./kinds/netns.ts";
import { nftKind } from "./kinds/nft.ts";
import { processKind } from "./kinds/process.ts";
import { proxyKind } from "./kinds/proxy.ts";
import { qdiscKind } from "./kinds/qdisc.ts";
import { routeKind } from "./kinds/route.ts";
import { ruleKind } from "./kinds/rule.ts";
import { serverKind } from "./kinds/server.ts";
import { sysctlKind } from "./kinds/sysctl.ts";
import { vethKind } from "./kinds/veth.ts";
import { volumeKind } from "./kinds/volume.ts";
import { watchKind } from "./kinds/watch.ts";
import { vxlanKind } from "./kinds/vxlan.ts";
import type { KindPlan } from "./kind.ts";
import type { Resource, ResourceKind } from "./resource.ts";

const KINDS = {
  netns: netnsKind,
  sysctl: sysctlKind,
  bridge: bridgeKind,
  veth: vethKind,
  vxlan: vxlanKind,
  dummy: dummyKind,
  addr: addrKind,
  qdisc: qdiscKind,
  neigh: neighKind,
  fdb: fdbKind,
  route: routeKind,
  rule: ruleKind,
  ipset: ipsetKind,
  ipvs: ipvsKind,
  iptables: iptablesKind,
  nft: nftKind,
  conntrack: conntrackKind,
  file: fileKind,
  volume: volumeKind,
  server: serverKind,
  proxy: proxyKind,
  dns: dnsKind,
  watch: watchKind,
  process: processKind,
} satisfies { [K in ResourceKind]: KindPlan<K> };

/** Build order of kinds. */
export const KIND_ORDER = Object.keys(KINDS) as readonly ResourceKind[];

/** The planner's view of a resource's kind; only to be used with resources of that kind. */
export function kindOf(resource: Resource): KindPlan<ResourceKind> {
  return KINDS[resource.kind] as KindPlan<ResourceKind>;
}
