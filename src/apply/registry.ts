/** How all kinds of resources are applied. Made by `npm run registry` from resources/kinds.ts. */
import { netns } from "../resources/netns/apply.ts";
import { sysctl } from "../resources/sysctl/apply.ts";
import { bridge } from "../resources/bridge/apply.ts";
import { bond } from "../resources/bond/apply.ts";
import { vrf } from "../resources/vrf/apply.ts";
import { veth } from "../resources/veth/apply.ts";
import { hostlink } from "../resources/hostlink/apply.ts";
import { vxlan } from "../resources/vxlan/apply.ts";
import { dummy } from "../resources/dummy/apply.ts";
import { macvlan } from "../resources/macvlan/apply.ts";
import { ipvlan } from "../resources/ipvlan/apply.ts";
import { fou } from "../resources/fou/apply.ts";
import { tunnel } from "../resources/tunnel/apply.ts";
import { wireguard } from "../resources/wireguard/apply.ts";
import { vlan } from "../resources/vlan/apply.ts";
import { bridgevlan } from "../resources/bridgevlan/apply.ts";
import { addr } from "../resources/addr/apply.ts";
import { qdisc } from "../resources/qdisc/apply.ts";
import { netem } from "../resources/netem/apply.ts";
import { neigh } from "../resources/neigh/apply.ts";
import { fdb } from "../resources/fdb/apply.ts";
import { route } from "../resources/route/apply.ts";
import { rule } from "../resources/rule/apply.ts";
import { ipset } from "../resources/ipset/apply.ts";
import { ipvs } from "../resources/ipvs/apply.ts";
import { iptables } from "../resources/iptables/apply.ts";
import { nft } from "../resources/nft/apply.ts";
import { conntrack } from "../resources/conntrack/apply.ts";
import { file } from "../resources/file/apply.ts";
import { volume } from "../resources/volume/apply.ts";
import { server } from "../resources/server/apply.ts";
import { proxy } from "../resources/proxy/apply.ts";
import { dns } from "../resources/dns/apply.ts";
import { watch } from "../resources/watch/apply.ts";
import { relay } from "../resources/relay/apply.ts";
import { l7 } from "../resources/l7/apply.ts";
import { cni } from "../resources/cni/apply.ts";
import { adopted } from "../resources/adopted/apply.ts";
import { process } from "../resources/process/apply.ts";
import { daemon } from "../resources/daemon/apply.ts";
import type { ResourceKind } from "../resources/resource.ts";
import type { RuntimeApplier } from "./kind.ts";

export const APPLIERS = {
  netns,
  sysctl,
  bridge,
  bond,
  vrf,
  veth,
  hostlink,
  vxlan,
  dummy,
  macvlan,
  ipvlan,
  fou,
  tunnel,
  wireguard,
  vlan,
  bridgevlan,
  addr,
  qdisc,
  netem,
  neigh,
  fdb,
  route,
  rule,
  ipset,
  ipvs,
  iptables,
  nft,
  conntrack,
  file,
  volume,
  server,
  proxy,
  dns,
  watch,
  relay,
  l7,
  cni,
  adopted,
  process,
  daemon,
} satisfies { [K in ResourceKind]: RuntimeApplier<K> };
