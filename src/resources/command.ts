/** Any operation as the shell commands that a person could have typed; the registry of all kinds' words. */
import type { Operation } from "./operation.ts";
import type { ResourceKind } from "./resource.ts";
import { Shell } from "./encode-kind.ts";
import type { KindEncoder } from "./encode-kind.ts";
import { addrEncoder } from "./addr/encode.ts";
import { bridgeEncoder } from "./bridge/encode.ts";
import { conntrackEncoder } from "./conntrack/encode.ts";
import { dnsEncoder } from "./dns/encode.ts";
import { dummyEncoder } from "./dummy/encode.ts";
import { fdbEncoder } from "./fdb/encode.ts";
import { fileEncoder } from "./file/encode.ts";
import { ipsetEncoder } from "./ipset/encode.ts";
import { iptablesEncoder } from "./iptables/encode.ts";
import { ipvsEncoder } from "./ipvs/encode.ts";
import { neighEncoder } from "./neigh/encode.ts";
import { netnsEncoder } from "./netns/encode.ts";
import { nftEncoder } from "./nft/encode.ts";
import { processEncoder } from "./process/encode.ts";
import { proxyEncoder } from "./proxy/encode.ts";
import { qdiscEncoder } from "./qdisc/encode.ts";
import { routeEncoder } from "./route/encode.ts";
import { ruleEncoder } from "./rule/encode.ts";
import { serverEncoder } from "./server/encode.ts";
import { sysctlEncoder } from "./sysctl/encode.ts";
import { vethEncoder } from "./veth/encode.ts";
import { watchEncoder } from "./watch/encode.ts";
import { volumeEncoder } from "./volume/encode.ts";
import { vxlanEncoder } from "./vxlan/encode.ts";

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
