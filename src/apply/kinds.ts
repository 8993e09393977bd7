/** The registry of resource kinds: how each is applied. A missing kind does not compile. */
import type { ResourceKind, ResourceOf } from "../resources/resource.ts";
import { addr } from "../resources/addr/apply.ts";
import { bridge } from "../resources/bridge/apply.ts";
import { conntrack } from "../resources/conntrack/apply.ts";
import { dns } from "../resources/dns/apply.ts";
import { dummy } from "../resources/dummy/apply.ts";
import { fdb } from "../resources/fdb/apply.ts";
import { file } from "../resources/file/apply.ts";
import { ipset } from "../resources/ipset/apply.ts";
import { iptables } from "../resources/iptables/apply.ts";
import { ipvs } from "../resources/ipvs/apply.ts";
import { neigh } from "../resources/neigh/apply.ts";
import { netns } from "../resources/netns/apply.ts";
import { nft } from "../resources/nft/apply.ts";
import { process } from "../resources/process/apply.ts";
import { proxy } from "../resources/proxy/apply.ts";
import { qdisc } from "../resources/qdisc/apply.ts";
import { route } from "../resources/route/apply.ts";
import { rule } from "../resources/rule/apply.ts";
import { server } from "../resources/server/apply.ts";
import { sysctl } from "../resources/sysctl/apply.ts";
import { veth } from "../resources/veth/apply.ts";
import { volume } from "../resources/volume/apply.ts";
import { watch } from "../resources/watch/apply.ts";
import { vxlan } from "../resources/vxlan/apply.ts";
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
