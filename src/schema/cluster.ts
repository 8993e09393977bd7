/** What `spec.cluster` may say: nodes, address ranges, CNI. */
import * as z from "zod";
import { dnsLabel, line, mtu, oneOrBoth, port } from "./scalar.ts";

const sysctls = z.record(z.string().max(200), z.union([z.string().max(200), z.number(), z.boolean()]));

const node = z.union([
  dnsLabel,
  z.strictObject({
    name: dnsLabel,
    nodeCIDR: oneOrBoth.optional().describe("Another underlay subnet, with a switch of its own"),
    address: oneOrBoth.optional().describe("Address on the underlay, without prefix length"),
    labels: z.record(z.string(), z.string()).optional(),
    sysctls: sysctls.optional(),
  }),
]);

const cni = z.strictObject({
  plugin: z.literal("flannel").optional(),
  backend: z.enum(["vxlan", "host-gw"]).optional(),
  directRouting: z.boolean().optional().describe("vxlan: plain routes between nodes of one subnet"),
  vni: z.int().min(1).max(16_777_215).optional(),
  port: port.optional().describe("UDP port of the tunnel, default 8472"),
  ipMasq: z.boolean().optional().describe("Masquerade what leaves the cluster, default true"),
  mtu: mtu.optional().describe("Pod MTU; default: the underlay's less the backend's overhead"),
});

export const cluster = z.strictObject({
  nodes: z.array(node).min(1).max(1000),
  nodeCIDR: oneOrBoth.optional().describe("Underlay subnet, default 192.168.50.0/24"),
  podCIDR: oneOrBoth.optional().describe("Pod addresses, default 10.244.0.0/16; each node gets a /24 (IPv6: a /64)"),
  serviceCIDR: oneOrBoth.optional().describe("Service addresses, default 10.96.0.0/16"),
  mtu: mtu.optional().describe("MTU of the underlay, default 1500"),
  cni: cni.optional(),
  internet: z
    .strictObject({
      cidr: oneOrBoth.optional().describe("Default 203.0.113.0/24"),
      servers: z
        .array(z.union([port, line]))
        .optional()
        .describe("TCP ports of the built-in server"),
    })
    .optional(),
});

export type ClusterDocument = z.infer<typeof cluster>;
