/** Flattens a topology into resources: the links' ends get the settings of their interfaces, everything gets its id. */
import { VETH_MTU } from "../resources/veth/mtu.ts";
import type { Topology, TopologyInterface, TopologyLink, TopologyNode } from "./topology.ts";
import { canonicalAddress, canonicalOptional } from "../net/families.ts";
import { planBaseline } from "./baseline.ts";
import { planIptables } from "./plan-iptables.ts";
import { identified } from "../resources/resource-id.ts";
import type { LinkSettings } from "../resources/link-settings.ts";
import type { Resource } from "../resources/resource.ts";
import type { VethResource } from "../resources/veth/definition.ts";
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
  return identified({
    kind: "veth",
    ns: a.node,
    node: machine(a.node),
    cause: link.cause,
    name: a.interface,
    ...linkSettings(find(a.node, a.interface), mtu),
    peer: { ns: b.node, node: machine(b.node), name: b.interface, ...linkSettings(find(b.node, b.interface), mtu) },
  });
}

/** Addresses and rate limit of one device. */
function planDevice(node: TopologyNode, device: TopologyInterface, out: Resource[]): void {
  const base = { ns: node.name, node: node.node };
  for (const { address: written, cause } of device.addresses) {
    const address = canonicalAddress(written);
    out.push(
      identified({
        kind: "addr",
        ...base,
        cause,
        dev: device.name,
        address,
        family: familyOf(address),
      }),
    );
  }
  if (device.rate !== undefined)
    out.push(
      identified({
        kind: "qdisc",
        ...base,
        cause: device.cause,
        dev: device.name,
        rate: device.rate.bps,
        burst: device.rate.burst,
        latency: device.rate.latency,
      }),
    );
}

function planDevices(node: TopologyNode, out: Resource[]): void {
  const base = { ns: node.name, node: node.node };
  for (const bridge of node.bridges)
    out.push(
      identified({
        kind: "bridge",
        ...base,
        cause: bridge.cause,
        name: bridge.name,
        ...linkSettings(bridge, undefined),
        stp: bridge.stp,
        ageingSeconds: bridge.ageingSeconds,
      }),
    );
  for (const vxlan of node.vxlans) {
    const { name, vni, port, dev, learn, cause } = vxlan;
    const local = canonicalOptional(vxlan.local);
    out.push(
      identified({
        kind: "vxlan",
        ...base,
        cause,
        name,
        ...linkSettings(vxlan, undefined),
        vni,
        port,
        local,
        dev,
        learn,
      }),
    );
  }
  for (const dummy of node.dummies) {
    const { name, cause } = dummy;
    const settings = linkSettings(dummy, undefined);
    out.push(identified({ kind: "dummy", ...base, cause, name, ...settings }));
  }
  for (const device of [...node.interfaces, ...node.bridges, ...node.vxlans, ...node.dummies])
    planDevice(node, device, out);
}

/** Tables of the kernel's forwarding decisions: neighbours, forwarding entries, routes, rules. */
function planTables(node: TopologyNode, out: Resource[]): void {
  const base = { ns: node.name, node: node.node };
  for (const { to, mac, proxy, dev, cause } of node.neighbors) {
    const address = canonicalAddress(to);
    out.push(
      identified({
        kind: "neigh",
        ...base,
        cause,
        family: familyOf(to),
        dev,
        address,
        ...(proxy === true ? {} : { mac: mac?.toLowerCase() }),
      }),
    );
  }
  const flooding = node.vxlans.flatMap((vxlan) =>
    vxlan.remotes.map((dst) => ({ mac: "00:00:00:00:00:00", dev: vxlan.name, dst, cause: vxlan.cause })),
  );
  for (const { dev, cause, ...entry } of [...flooding, ...node.fdb]) {
    const mac = entry.mac.toLowerCase();
    const dst = canonicalOptional(entry.dst);
    out.push(
      identified({
        kind: "fdb",
        ...base,
        cause,
        dev,
        mac,
        dst,
      }),
    );
  }
  for (const { cause, ...written } of node.routes) {
    const route = {
      ...written,
      to: canonicalAddress(written.to),
      via: canonicalOptional(written.via),
      src: canonicalOptional(written.src),
    };
    out.push(identified({ kind: "route", ...base, cause, ...route }));
  }
  for (const { cause, ...written } of node.rules) {
    const rule = { ...written, from: canonicalOptional(written.from), to: canonicalOptional(written.to) };
    out.push(
      identified({
        kind: "rule",
        ...base,
        cause,
        ...rule,
      }),
    );
  }
}

function planSets(node: TopologyNode, out: Resource[]): void {
  const base = { ns: node.name, node: node.node };
  for (const ipset of node.ipsets) out.push(identified({ kind: "ipset", ...base, ...ipset }));
  for (const ipvs of node.ipvs) out.push(identified({ kind: "ipvs", ...base, ...ipvs }));
  for (const nft of node.nft) out.push(identified({ kind: "nft", ...base, ...nft }));
  for (const flows of node.conntrack) out.push(identified({ kind: "conntrack", ...base, ...flows }));
}

/** Everything that runs in the namespace, and the files that it sees. */
function planWorkload(node: TopologyNode, out: Resource[]): void {
  const base = { ns: node.name, node: node.node };
  for (const { cause, ...file } of node.files) out.push(identified({ kind: "file", ...base, cause, ...file }));
  for (const { cause, ...volume } of node.volumes) out.push(identified({ kind: "volume", ...base, cause, ...volume }));
  for (const { protocol, port, optional, health, probed, cause } of node.servers)
    out.push(
      identified({
        kind: "server",
        ...base,
        cause,
        protocol,
        port,
        hostname: node.pod?.name ?? node.name,
        podNamespace: node.pod?.namespace,
        ...(optional === undefined ? {} : { optional }),
        ...(health === undefined ? {} : { health }),
        ...(probed === undefined ? {} : { probed }),
      }),
    );
  for (const { cause, ...proxy } of node.proxies) out.push(identified({ kind: "proxy", ...base, cause, ...proxy }));
  for (const { cause, ...watch } of node.watches) out.push(identified({ kind: "watch", ...base, cause, ...watch }));
  for (const { cause, ...dns } of node.dns) out.push(identified({ kind: "dns", ...base, cause, ...dns }));
  for (const { cause, ...process } of node.processes)
    out.push(identified({ kind: "process", ...base, cause, ...process }));
}

/** Resources in the topology's order; a duplicate id keeps its last entry, as a later line of a file wins. */
export function topologyResources(topology: Topology): readonly Resource[] {
  const machines = new Map(topology.nodes.map((node) => [node.name, node.node]));
  const interfaces = new Map<string, TopologyInterface>();
  for (const node of topology.nodes)
    for (const device of node.interfaces) interfaces.set(`${node.name}\0${device.name}`, device);
  const out: Resource[] = [];
  for (const node of topology.nodes) {
    const base = { ns: node.name, node: node.node };
    const pod = node.pod === undefined ? undefined : `${node.pod.namespace}/${node.pod.name}`;
    out.push(identified({ kind: "netns", ...base, cause: node.cause, role: node.role, pod }));
    for (const { key, value, optional, cause } of [...planBaseline(node), ...node.sysctls]) {
      const canonical = canonicalSysctl(key);
      out.push(
        identified({
          kind: "sysctl",
          ...base,
          cause,
          key: canonical,
          value,
          ...(optional === true ? { optional } : {}),
        }),
      );
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
