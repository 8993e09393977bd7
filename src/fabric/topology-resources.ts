/** Flattens a topology into resources: the links' ends get the settings of their interfaces, everything gets its id. */
import { VETH_MTU } from "../resources/veth/mtu.ts";
import type { Topology, TopologyInterface, TopologyLink, TopologyNode } from "./topology.ts";
import { canonicalAddress, canonicalOptional } from "../net/families.ts";
import { planBaseline } from "./baseline.ts";
import { fdbKey } from "./merge-topology.ts";
import { planIptables } from "./plan-iptables.ts";
import { resourceId } from "../resources/resource-id.ts";
import type { AddrResource, LinkSettings, Resource, VethResource } from "../resources/resource.ts";
import type { Family } from "../net/family.ts";
import { canonicalSysctl } from "../resources/sysctl-key.ts";

export function familyOf(address: string): Family {
  return address.includes(":") ? "ipv6" : "ipv4";
}

function linkSettings(device: TopologyInterface | undefined, mtu: number | undefined): LinkSettings {
  return {
    mac: device?.mac?.toLowerCase(),
    mtu: device?.mtu ?? mtu,
    master: device?.bridge,
    hairpin: device?.hairpin,
    isolated: device?.isolated,
    learning: device?.learning,
    up: device?.up ?? true,
  };
}

function planVeth(
  link: TopologyLink,
  find: (ns: string, name: string) => TopologyInterface | undefined,
  machine: (ns: string) => string,
): VethResource {
  const [a, b] = link.endpoints;
  const mtu = link.mtu ?? VETH_MTU;
  return {
    kind: "veth",
    id: resourceId("veth", a.node, a.interface),
    ns: a.node,
    node: machine(a.node),
    cause: link.cause,
    name: a.interface,
    ...linkSettings(find(a.node, a.interface), mtu),
    peer: { ns: b.node, node: machine(b.node), name: b.interface, ...linkSettings(find(b.node, b.interface), mtu) },
  };
}

/** Addresses and rate limit of one device. */
function planDevice(node: TopologyNode, device: TopologyInterface, out: Resource[]): void {
  const base = { ns: node.name, node: node.node };
  for (const { address: written, cause } of device.addresses) {
    const address = canonicalAddress(written);
    out.push({
      kind: "addr",
      id: resourceId("addr", node.name, device.name, address),
      ...base,
      cause,
      dev: device.name,
      address,
      family: familyOf(address),
    } satisfies AddrResource);
  }
  if (device.rate !== undefined)
    out.push({
      kind: "qdisc",
      id: resourceId("qdisc", node.name, device.name),
      ...base,
      cause: device.cause,
      dev: device.name,
      rate: device.rate.bps,
      burst: device.rate.burst,
      latency: device.rate.latency,
    });
}

function planDevices(node: TopologyNode, out: Resource[]): void {
  const base = { ns: node.name, node: node.node };
  for (const bridge of node.bridges)
    out.push({
      kind: "bridge",
      id: resourceId("bridge", node.name, bridge.name),
      ...base,
      cause: bridge.cause,
      name: bridge.name,
      ...linkSettings(bridge, undefined),
      stp: bridge.stp,
      ageingSeconds: bridge.ageingSeconds,
    });
  for (const vxlan of node.vxlans) {
    const { name, vni, port, dev, learn, cause } = vxlan;
    const local = canonicalOptional(vxlan.local);
    out.push({
      kind: "vxlan",
      id: resourceId("vxlan", node.name, name),
      ...base,
      cause,
      name,
      ...linkSettings(vxlan, undefined),
      vni,
      port,
      local,
      dev,
      learn,
    });
  }
  for (const dummy of node.dummies) {
    const { name, cause } = dummy;
    const settings = linkSettings(dummy, undefined);
    out.push({ kind: "dummy", id: resourceId("dummy", node.name, name), ...base, cause, name, ...settings });
  }
  for (const device of [...node.interfaces, ...node.bridges, ...node.vxlans, ...node.dummies])
    planDevice(node, device, out);
}

/** Tables of the kernel's forwarding decisions: neighbours, forwarding entries, routes, rules. */
function planTables(node: TopologyNode, out: Resource[]): void {
  const base = { ns: node.name, node: node.node };
  for (const { to, mac, proxy, dev, cause } of node.neighbors) {
    const address = canonicalAddress(to);
    out.push({
      kind: "neigh",
      id: resourceId("neigh", node.name, dev, address, ...(proxy === true ? ["proxy"] : [])),
      ...base,
      cause,
      family: familyOf(to),
      dev,
      address,
      ...(proxy === true ? {} : { mac: mac?.toLowerCase() }),
    });
  }
  const flooding = node.vxlans.flatMap((vxlan) =>
    vxlan.remotes.map((dst) => ({ mac: "00:00:00:00:00:00", dev: vxlan.name, dst, cause: vxlan.cause })),
  );
  for (const { dev, cause, ...entry } of [...flooding, ...node.fdb]) {
    const mac = entry.mac.toLowerCase();
    const dst = canonicalOptional(entry.dst);
    out.push({
      kind: "fdb",
      id: resourceId("fdb", node.name, fdbKey({ dev, mac, dst })),
      ...base,
      cause,
      dev,
      mac,
      dst,
    });
  }
  for (const { cause, ...written } of node.routes) {
    const route = {
      ...written,
      to: canonicalAddress(written.to),
      via: canonicalOptional(written.via),
      src: canonicalOptional(written.src),
    };
    const suffix = [
      ...(route.table === 254 ? [] : [`table ${route.table}`]),
      ...(route.metric === undefined ? [] : [`metric ${route.metric}`]),
    ];
    out.push({ kind: "route", id: resourceId("route", node.name, route.to, ...suffix), ...base, cause, ...route });
  }
  for (const { cause, ...written } of node.rules) {
    const rule = { ...written, from: canonicalOptional(written.from), to: canonicalOptional(written.to) };
    const selector = [
      rule.from && `from ${rule.from}`,
      rule.to && `to ${rule.to}`,
      rule.iif && `iif ${rule.iif}`,
      rule.oif && `oif ${rule.oif}`,
      rule.fwmark && `fwmark ${rule.fwmark}`,
      `table ${rule.table}`,
    ];
    out.push({
      kind: "rule",
      id: resourceId(
        "rule",
        node.name,
        rule.family,
        rule.priority,
        selector.filter((it) => it !== undefined).join(" "),
      ),
      ...base,
      cause,
      ...rule,
    });
  }
}

function planSets(node: TopologyNode, out: Resource[]): void {
  const base = { ns: node.name, node: node.node };
  for (const ipset of node.ipsets)
    out.push({ kind: "ipset", id: resourceId("ipset", node.name, ipset.name), ...base, ...ipset });
  for (const ipvs of node.ipvs)
    out.push({ kind: "ipvs", id: resourceId("ipvs", node.name, ipvs.family), ...base, ...ipvs });
  for (const nft of node.nft)
    out.push({ kind: "nft", id: resourceId("nft", node.name, nft.family, nft.table), ...base, ...nft });
  for (const flows of node.conntrack)
    out.push({ kind: "conntrack", id: resourceId("conntrack", node.name, flows.family, "udp"), ...base, ...flows });
}

/** Everything that runs in the namespace, and the files that it sees. */
function planWorkload(node: TopologyNode, out: Resource[]): void {
  const base = { ns: node.name, node: node.node };
  for (const { cause, ...file } of node.files) {
    const key = file.pod === undefined ? [file.path] : [file.pod, file.path];
    out.push({ kind: "file", id: resourceId("file", node.name, ...key), ...base, cause, ...file });
  }
  for (const { cause, ...volume } of node.volumes) {
    const key = volume.pod === undefined ? [volume.name] : [volume.pod, volume.name];
    out.push({ kind: "volume", id: resourceId("volume", node.name, ...key), ...base, cause, ...volume });
  }
  for (const { protocol, port, optional, health, probed, cause } of node.servers)
    out.push({
      kind: "server",
      id: resourceId("server", node.name, `${port}/${protocol}`),
      ...base,
      cause,
      protocol,
      port,
      hostname: node.pod?.name ?? node.name,
      podNamespace: node.pod?.namespace,
      ...(optional === undefined ? {} : { optional }),
      ...(health === undefined ? {} : { health }),
      ...(probed === undefined ? {} : { probed }),
    });
  for (const { cause, ...proxy } of node.proxies) {
    const key = `${proxy.family} ${proxy.service}/${proxy.protocol}`;
    out.push({ kind: "proxy", id: resourceId("proxy", node.name, key), ...base, cause, ...proxy });
  }
  for (const { cause, ...watch } of node.watches)
    out.push({ kind: "watch", id: resourceId("watch", node.name, watch.name), ...base, cause, ...watch });
  for (const { cause, ...dns } of node.dns)
    out.push({ kind: "dns", id: resourceId("dns", node.name, dns.port), ...base, cause, ...dns });
  for (const { cause, ...process } of node.processes)
    out.push({ kind: "process", id: resourceId("process", node.name, process.name), ...base, cause, ...process });
}

/** Resources in the topology's order; an id that comes twice keeps its last entry, as a later line of a file wins. */
export function topologyResources(topology: Topology): readonly Resource[] {
  const machines = new Map(topology.nodes.map((node) => [node.name, node.node]));
  const interfaces = new Map<string, TopologyInterface>();
  for (const node of topology.nodes)
    for (const device of node.interfaces) interfaces.set(`${node.name}\0${device.name}`, device);
  const out: Resource[] = [];
  for (const node of topology.nodes) {
    const base = { ns: node.name, node: node.node };
    const pod = node.pod === undefined ? undefined : `${node.pod.namespace}/${node.pod.name}`;
    out.push({ kind: "netns", id: resourceId("netns", node.name), ...base, cause: node.cause, role: node.role, pod });
    for (const { key, value, optional, cause } of [...planBaseline(node), ...node.sysctls]) {
      const canonical = canonicalSysctl(key);
      out.push({
        kind: "sysctl",
        id: resourceId("sysctl", node.name, canonical),
        ...base,
        cause,
        key: canonical,
        value,
        ...(optional === true ? { optional } : {}),
      });
    }
  }
  for (const link of topology.links)
    out.push(
      planVeth(
        link,
        (ns, name) => interfaces.get(`${ns}\0${name}`),
        (ns) => machines.get(ns) ?? ns,
      ),
    );
  for (const node of topology.nodes) {
    planDevices(node, out);
    planTables(node, out);
    planSets(node, out);
    planIptables(node, out);
    planWorkload(node, out);
  }
  const unique = new Map<string, Resource>();
  for (const resource of out) unique.set(resource.id, resource);
  return [...unique.values()];
}
