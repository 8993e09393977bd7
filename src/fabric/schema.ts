/** What `spec.topology` may say: the raw layer, in containerlab's and iproute2's terms. */
import { VXLAN_PORT } from "../net/vxlan.ts";
import * as z from "zod";
import { deviceFields, portVlans } from "./devices/device-fields.ts";
import { DEVICE_LISTS } from "./devices/registry.ts";
import type { DeviceList } from "./devices/registry.ts";
import { lazy } from "../syntax/lazy.ts";
import {
  argument,
  dnsRecords,
  duration,
  environment,
  INTERFACE_NAME,
  interfaceName,
  line,
  mac,
  mtu,
  oneOrBoth,
  port,
} from "../syntax/scalar.ts";

const interfaceSettings = () =>
  z.strictObject({
    ...deviceFields(),
    learning: z.boolean().optional().describe("Bridge port: learn source addresses"),
  });

const bridge = () => {
  const { addresses, mac, mtu, vrf, rate, up } = deviceFields();
  const bare = { addresses, mac, mtu, vrf, rate, up };
  return z.strictObject({
    ...bare,
    ...portVlans(),
    vlanFiltering: z.boolean().optional().describe("Ports let only frames of their VLANs through, default off"),
    stp: z.boolean().optional().describe("Spanning tree, default off"),
    ageing: duration.optional().describe("How long a learnt address is kept"),
  });
};

const vxlan = () =>
  z.strictObject({
    ...deviceFields(),
    vni: z.int().min(1).max(16_777_215).describe("VXLAN network identifier"),
    port: port.optional().describe(`UDP port, default ${VXLAN_PORT}`),
    dev: interfaceName.optional().describe("Underlay device"),
    local: line.optional().describe("Source address of the tunnel"),
    learning: z.boolean().optional().describe("Learn remote addresses, default true"),
    remotes: oneOrBoth.optional().describe("Tunnel ends that get broadcast (all-zero FDB entries)"),
  });

const tableId = () => z.union([z.int().min(1).max(4_294_967_295), z.enum(["main", "local", "default"])]);

const route = () =>
  z.strictObject({
    to: line.describe("Prefix, or default"),
    type: z.enum(["unicast", "blackhole", "unreachable", "prohibit", "local"]).optional().describe("Default unicast"),
    via: line.optional().describe("Next hop"),
    dev: interfaceName.optional().describe("Device"),
    onlink: z.boolean().optional().describe("Treat the next hop as reachable on the device"),
    src: line.optional().describe("Preferred source address"),
    table: tableId().optional().describe("Routing table, default main"),
    metric: z.int().min(0).max(4_294_967_295).optional().describe("Lower wins"),
    mtu: mtu.optional(),
    scope: z.enum(["global", "link", "host"]).optional().describe("IPv4; default: as ip route chooses it"),
    protocol: z
      .union([
        z.int().min(1).max(255),
        z.enum(["boot", "static", "bird", "zebra", "bgp", "ospf", "isis", "rip", "babel"]),
      ])
      .optional()
      .describe("Who it is from, ip route's proto; default boot"),
    nexthops: z
      .array(
        z.strictObject({
          via: line.optional().describe("Next hop"),
          dev: interfaceName.optional().describe("Device"),
          weight: z.int().min(1).max(256).optional().describe("Share of the connections, default 1"),
        }),
      )
      .min(2)
      .optional()
      .describe("Several ways at once, in place of via and dev"),
  });

const rule = () =>
  z.strictObject({
    from: line.optional().describe("Source prefix"),
    to: line.optional().describe("Destination prefix"),
    iif: interfaceName.optional().describe("Device that the packet arrived on"),
    oif: interfaceName.optional().describe("Device that the sending socket is bound to"),
    fwmark: z
      .union([z.int().min(0).max(4_294_967_295), z.string()])
      .optional()
      .describe("0x80 or 0x80/0x80"),
    table: tableId().describe("Routing table to look in"),
    priority: z.int().min(1).max(32_765).optional().describe("Lower is tried first"),
    family: z.enum(["ipv4", "ipv6", "both"]).optional(),
  });

const iptables = () =>
  z.union([
    line,
    z.strictObject({
      family: z
        .enum(["ipv4", "ipv6", "both"])
        .optional()
        .describe("Default: from the addresses, else all families of the lab"),
      rule: line.describe("-t nat -A POSTROUTING …, -N CHAIN, -I CHAIN …, -P CHAIN DROP"),
    }),
  ]);

const process = () =>
  z.strictObject({
    name: z
      .string()
      .max(63)
      .regex(/^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/, "must be letters, digits, '.', '_' or '-'"),
    command: z.array(argument).min(1).max(1000).describe("Program and arguments, as a list; no shell is involved"),
    env: environment.optional(),
    workingDir: argument.optional().describe("Folder that it starts in"),
  });

const interfaceMap = <T extends z.ZodType>(value: T) =>
  z.record(
    z.string().regex(INTERFACE_NAME, "an interface name is 1 to 15 letters, digits, '.', '_', '-' or '@'"),
    value,
  );

type ListSchemas = {
  [L in DeviceList]: z.ZodOptional<z.ZodRecord<z.ZodString, ReturnType<(typeof DEVICE_LISTS)[L]["schema"]>>>;
};

function deviceLists(): ListSchemas {
  const entries = Object.entries(DEVICE_LISTS).map(([list, { schema, about }]) => [
    list,
    interfaceMap(schema() as z.ZodType)
      .optional()
      .describe(about),
  ]);
  return Object.fromEntries(entries) as ListSchemas;
}

const topologyNode = () =>
  z.strictObject({
    kind: z.literal("netns").optional().describe("The default and only kind: a network namespace"),
    interfaces: interfaceMap(interfaceSettings().nullable()).optional().describe("Settings of ends of links (or lo)"),
    bridges: interfaceMap(bridge().nullable()).optional().describe("Bridges by name"),
    vxlans: interfaceMap(vxlan()).optional().describe("VXLAN tunnel ends by name"),
    ...deviceLists(),
    routes: z.array(route()).optional().describe("ip route"),
    rules: z.array(rule()).optional().describe("ip rule"),
    neighbors: z
      .array(z.strictObject({ to: line.describe("Address"), mac, dev: interfaceName }))
      .optional()
      .describe("Permanent ARP/NDP entries"),
    fdb: z
      .array(
        z.strictObject({
          mac,
          dev: interfaceName,
          dst: line.optional().describe("VXLAN: the other tunnel end; default: on a bridge port"),
        }),
      )
      .optional()
      .describe("Static forwarding entries"),
    sysctls: z
      .record(z.string().max(200), z.union([z.string().max(200), z.number(), z.boolean()]))
      .optional()
      .describe("net.* keys only"),
    iptables: z.array(iptables()).optional().describe("Rules in iptables syntax, in this order"),
    servers: z
      .array(z.union([port, line]))
      .optional()
      .describe("Built-in servers: 80, 53/udp"),
    dns: dnsRecords.optional(),
    processes: z.array(process()).optional().describe("Programs of this machine, run in the namespace"),
  });

const link = () =>
  z.strictObject({
    endpoints: z
      .array(line)
      .length(2)
      .describe(
        "Two ends: node:interface; with --allow-host-links one may be host:NAME or macvlan:DEVICE of this host",
      ),
    mtu: mtu.optional(),
  });

export const topology = lazy(() =>
  z.strictObject({
    nodes: z.record(z.string(), topologyNode().nullable()).optional().describe("Network namespaces by name"),
    links: z.array(link()).optional().describe("veth pairs"),
  }),
);

export type TopologyDocument = z.infer<typeof topology>;
export type TopologyNodeDocument = z.infer<ReturnType<typeof topologyNode>>;
export type InterfaceDocument = z.infer<ReturnType<typeof interfaceSettings>>;
export type BridgeDocument = z.infer<ReturnType<typeof bridge>>;
export type VxlanDocument = z.infer<ReturnType<typeof vxlan>>;
export type RouteDocument = z.infer<ReturnType<typeof route>>;
export type RuleDocument = z.infer<ReturnType<typeof rule>>;
