/** Any operation as the shell commands that a person could have typed; the registry of all kinds' words. */
import type { Operation } from "../plan/operation.ts";
import type { ResourceKind } from "../plan/resource.ts";
import { Shell } from "./kind.ts";
import type { KindEncoder } from "./kind.ts";
import { addrEncoder } from "./kinds/addr.ts";
import { bridgeEncoder } from "./kinds/bridge.ts";
import { conntrackEncoder } from "./kinds/conntrack.ts";
import { dnsEncoder } from "./kinds/dns.ts";
import { dummyEncoder } from "./kinds/dummy.ts";
import { fdbEncoder } from "./kinds/fdb.ts";
import { fileEncoder } from "./kinds/file.ts";
import { ipsetEncoder } from "./kinds/ipset.ts";
import { iptablesEncoder } from "./kinds/iptables.ts";
import { ipvsEncoder } from "./kinds/ipvs.ts";
import { neighEncoder } from "./kinds/neigh.ts";
import { netnsEncoder } from "./kinds/netns.ts";
import { nftEncoder } from "./kinds/nft.ts";
import { processEncoder } from "./kinds/process.ts";
import { proxyEncoder } from "./kinds/proxy.ts";
import { qdiscEncoder } from "./kinds/qdisc.ts";
import { routeEncoder } from "./kinds/route.ts";
import { ruleEncoder } from "./kinds/rule.ts";
import { serverEncoder } from "./kinds/server.ts";
import { sysctlEncoder } from "./kinds/sysctl.ts";
import { vethEncoder } from "./kinds/veth.ts";
import { watchEncoder } from "./kinds/watch.ts";
import { volumeEncoder } from "./kinds/volume.ts";
import { vxlanEncoder } from "./kinds/vxlan.ts";

const ENCODERS = {
  netns: netnsEncoder,
  veth: vethEncoder,
  bridge: bridgeEncoder,
  vxlan: vxlanEncoder,
  dummy: dummyEncoder,
  addr: addrEncoder,
  route: routeEncoder,
  rule: ruleEncoder,
  neigh: neighEncoder,
  fdb: fdbEncoder,
  sysctl: sysctlEncoder,
  iptables: iptablesEncoder,
  ipset: ipsetEncoder,
  ipvs: ipvsEncoder,
  nft: nftEncoder,
  conntrack: conntrackEncoder,
  qdisc: qdiscEncoder,
  file: fileEncoder,
  volume: volumeEncoder,
  process: processEncoder,
  server: serverEncoder,
  proxy: proxyEncoder,
  dns: dnsEncoder,
  watch: watchEncoder,
} satisfies { [K in ResourceKind]: KindEncoder<K> };

/** Lines of shell for one operation; see encodeCommand. */
export function commandLines(lab: string, operation: Operation): readonly string[] {
  const { action, resource, before } = operation;
  const encoder = ENCODERS[resource.kind] as KindEncoder<ResourceKind>;
  const shell = new Shell(lab);
  if (action === "create") return encoder.create(resource, shell);
  if (action === "update") return encoder.update(resource, before, shell);
  return encoder.remove(resource, shell);
}

/** The shell command(s) that do the same as the operation, one per line, with the namespaces' names on the host; safely quoted. */
export function encodeCommand(lab: string, operation: Operation): string {
  return commandLines(lab, operation).join("\n");
}
