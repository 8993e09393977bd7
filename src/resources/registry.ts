/** All kinds of resources. Made by `npm run registry` from resources/kinds.ts. */
import { netnsDefinition } from "./netns/definition.ts";
import { sysctlDefinition } from "./sysctl/definition.ts";
import { bridgeDefinition } from "./bridge/definition.ts";
import { bondDefinition } from "./bond/definition.ts";
import { vrfDefinition } from "./vrf/definition.ts";
import { vethDefinition } from "./veth/definition.ts";
import { hostlinkDefinition } from "./hostlink/definition.ts";
import { vxlanDefinition } from "./vxlan/definition.ts";
import { dummyDefinition } from "./dummy/definition.ts";
import { macvlanDefinition } from "./macvlan/definition.ts";
import { ipvlanDefinition } from "./ipvlan/definition.ts";
import { fouDefinition } from "./fou/definition.ts";
import { tunnelDefinition } from "./tunnel/definition.ts";
import { wireguardDefinition } from "./wireguard/definition.ts";
import { vlanDefinition } from "./vlan/definition.ts";
import { bridgevlanDefinition } from "./bridgevlan/definition.ts";
import { addrDefinition } from "./addr/definition.ts";
import { qdiscDefinition } from "./qdisc/definition.ts";
import { netemDefinition } from "./netem/definition.ts";
import { neighDefinition } from "./neigh/definition.ts";
import { fdbDefinition } from "./fdb/definition.ts";
import { routeDefinition } from "./route/definition.ts";
import { ruleDefinition } from "./rule/definition.ts";
import { ipsetDefinition } from "./ipset/definition.ts";
import { ipvsDefinition } from "./ipvs/definition.ts";
import { iptablesDefinition } from "./iptables/definition.ts";
import { nftDefinition } from "./nft/definition.ts";
import { conntrackDefinition } from "./conntrack/definition.ts";
import { fileDefinition } from "./file/definition.ts";
import { volumeDefinition } from "./volume/definition.ts";
import { serverDefinition } from "./server/definition.ts";
import { proxyDefinition } from "./proxy/definition.ts";
import { dnsDefinition } from "./dns/definition.ts";
import { watchDefinition } from "./watch/definition.ts";
import { relayDefinition } from "./relay/definition.ts";
import { l7Definition } from "./l7/definition.ts";
import { cniDefinition } from "./cni/definition.ts";
import { adoptedDefinition } from "./adopted/definition.ts";
import { processDefinition } from "./process/definition.ts";
import { daemonDefinition } from "./daemon/definition.ts";

export const DEFINITIONS = {
  netns: netnsDefinition,
  sysctl: sysctlDefinition,
  bridge: bridgeDefinition,
  bond: bondDefinition,
  vrf: vrfDefinition,
  veth: vethDefinition,
  hostlink: hostlinkDefinition,
  vxlan: vxlanDefinition,
  dummy: dummyDefinition,
  macvlan: macvlanDefinition,
  ipvlan: ipvlanDefinition,
  fou: fouDefinition,
  tunnel: tunnelDefinition,
  wireguard: wireguardDefinition,
  vlan: vlanDefinition,
  bridgevlan: bridgevlanDefinition,
  addr: addrDefinition,
  qdisc: qdiscDefinition,
  netem: netemDefinition,
  neigh: neighDefinition,
  fdb: fdbDefinition,
  route: routeDefinition,
  rule: ruleDefinition,
  ipset: ipsetDefinition,
  ipvs: ipvsDefinition,
  iptables: iptablesDefinition,
  nft: nftDefinition,
  conntrack: conntrackDefinition,
  file: fileDefinition,
  volume: volumeDefinition,
  server: serverDefinition,
  proxy: proxyDefinition,
  dns: dnsDefinition,
  watch: watchDefinition,
  relay: relayDefinition,
  l7: l7Definition,
  cni: cniDefinition,
  adopted: adoptedDefinition,
  process: processDefinition,
  daemon: daemonDefinition,
};
