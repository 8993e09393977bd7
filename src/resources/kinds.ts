/** Registry of resource kinds, in the order in which they are built where no dependency says otherwise. */
import { addrKind } from "./addr/plan.ts";
import { bridgeKind } from "./bridge/plan.ts";
import { conntrackKind } from "./conntrack/plan.ts";
import { dnsKind } from "./dns/plan.ts";
import { dummyKind } from "./dummy/plan.ts";
import { fdbKind } from "./fdb/plan.ts";
import { fileKind } from "./file/plan.ts";
import { ipsetKind } from "./ipset/plan.ts";
import { iptablesKind } from "./iptables/plan.ts";
import { ipvsKind } from "./ipvs/plan.ts";
import { neighKind } from "./neigh/plan.ts";
import { netnsKind } from "./netns/plan.ts";
import { nftKind } from "./nft/plan.ts";
import { processKind } from "./process/plan.ts";
import { proxyKind } from "./proxy/plan.ts";
import { qdiscKind } from "./qdisc/plan.ts";
import { routeKind } from "./route/plan.ts";
import { ruleKind } from "./rule/plan.ts";
import { serverKind } from "./server/plan.ts";
import { sysctlKind } from "./sysctl/plan.ts";
import { vethKind } from "./veth/plan.ts";
import { volumeKind } from "./volume/plan.ts";
import { watchKind } from "./watch/plan.ts";
import { vxlanKind } from "./vxlan/plan.ts";
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
