/** The registry of resource kinds: how each is applied. A missing kind does not compile. */
import type { ResourceKind, ResourceOf } from "../plan/resource.ts";
import { addr } from "./kinds/addr.ts";
import { bridge } from "./kinds/bridge.ts";
import { conntrack } from "./kinds/conntrack.ts";
import { dns } from "./kinds/dns.ts";
import { dummy } from "./kinds/dummy.ts";
import { fdb } from "./kinds/fdb.ts";
import { file } from "./kinds/file.ts";
import { ipset } from "./kinds/ipset.ts";
import { iptables } from "./kinds/iptables.ts";
import { ipvs } from "./kinds/ipvs.ts";
import { neigh } from "./kinds/neigh.ts";
import { netns } from "./kinds/netns.ts";
import { nft } from "./kinds/nft.ts";
import { process } from "./kinds/process.ts";
import { proxy } from "./kinds/proxy.ts";
import { qdisc } from "./kinds/qdisc.ts";
import { route } from "./kinds/route.ts";
import { rule } from "./kinds/rule.ts";
import { server } from "./kinds/server.ts";
import { sysctl } from "./kinds/sysctl.ts";
import { veth } from "./kinds/veth.ts";
import { volume } from "./kinds/volume.ts";
import { watch } from "./kinds/watch.ts";
import { vxlan } from "./kinds/vxlan.ts";
import type { LabRuntime } from "./runtime.ts";

/** As KindApplier, for kinds that need more of the lab than its namespaces. */
export interface RuntimeApplier<K extends ResourceKind> {
  create(resource: ResourceOf<K>, runtime: LabRuntime): void | Promise<void>;
  update(resource: ResourceOf<K>, before: ResourceOf<K> | undefined, runtime: LabRuntime): void | Promise<void>;
  remove(resource: ResourceOf<K>, runtime: LabRuntime): void | Promise<void>;
}

export const KINDS = {
  netns,
  veth,
  bridge,
  vxlan,
  dummy,
  addr,
  route,
  rule,
  neigh,
  fdb,
  sysctl,
  iptables,
  ipset,
  ipvs,
  nft,
  conntrack,
  qdisc,
  file,
  volume,
  process,
  server,
  proxy,
  dns,
  watch,
} satisfies { [K in ResourceKind]: RuntimeApplier<K> };

/** The applier of a kind, for a resource whose kind is known only at run time. */
export function applierOf<K extends ResourceKind>(kind: K): RuntimeApplier<K> {
  return KINDS[kind] as unknown as RuntimeApplier<K>;
}
