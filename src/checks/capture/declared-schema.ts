/** What `spec.captures` may say, and how a packet is described. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { line, mac, target } from "../../syntax/scalar.ts";

export const captureName = z
  .string()
  .max(63)
  .regex(
    /^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/,
    "must be letters, digits, '.', '_' or '-' (it becomes a file name)",
  );

export const capture = lazy(() =>
  z.strictObject({
    name: captureName.describe("Name used by checks and for its file among the artifacts"),
    at: z
      .union([target, z.array(target).min(1)])
      .describe("One place or a list: node1/eth0; without an interface: any"),
    filter: line.optional().describe("pcap-filter(7)"),
    snaplen: z.int().min(64).max(262_144).optional().describe("Bytes kept of each packet; default 4000"),
    keep: line
      .optional()
      .describe(
        "How much of the newest packets is kept at each place: 200MB; default: all captures of a lab share 64 MiB",
      ),
  }),
);

const packetFields = () => ({
  src: line.optional().describe("Address or target"),
  dst: line.optional().describe("Address or target"),
  sport: z.int().min(0).max(65535).optional().describe("Source port"),
  dport: z.int().min(0).max(65535).optional().describe("Destination port"),
  protocol: z.enum(["tcp", "udp", "icmp", "icmpv6", "arp", "sctp", "ipip", "ipv6", "gre", "esp"]).optional(),
  family: z.enum(["ipv4", "ipv6"]).optional(),
  ttl: z.int().min(0).max(255).optional().describe("TTL, or IPv6's hop limit"),
  icmpType: z
    .union([z.int().min(0).max(255), line])
    .optional()
    .describe("echo-request, frag-needed … or the number"),
  flags: line.optional().describe("TCP flags that must be set: SYN,ACK"),
  srcMac: mac.optional(),
  dstMac: mac.optional(),
  arpOp: z.enum(["request", "reply"]).optional(),
  vni: z.int().min(0).max(16_777_215).optional().describe("VXLAN network identifier"),
  vlan: z.int().min(0).max(4095).optional().describe("ID of the outer VLAN tag"),
  dns: line.optional().describe("Part of a DNS message: A? web.default.svc.cluster.local"),
  http: line
    .optional()
    .describe(
      "Part of an HTTP message's first line: GET /healthz, 200 OK; of plain HTTP/2: CONNECT 10.0.0.9:80, stream 1: 200",
    ),
  tls: line.optional().describe("Part of a TLS ClientHello: SNI example.com"),
  wireguard: line.optional().describe("Part of a WireGuard message: handshake initiation, data"),
  esp: line.optional().describe("Part of ESP's header: spi 0x00000001"),
  at: line.optional().describe("Place where it was captured: node1/eth0"),
});
const packetShape = () => {
  const fields = packetFields();
  return { ...fields, inner: z.strictObject(fields).optional().describe("The packet inside the tunnel") };
};

export const packet = lazy(() => z.strictObject(packetShape()));

export const packetExpectation = lazy(() =>
  z.strictObject({
    ...packetShape(),
    packets: z
      .union([
        z.int().min(0),
        z.string().regex(/^\s*((>=|<=|>|<|=|==)?\s*\d+|\d+\s*\.\.\s*\d+)\s*$/, 'must be a count: 2, ">=2", "1..3"'),
      ])
      .optional()
      .describe('How many packets match: default ">=1"'),
    then: z.array(packet).optional().describe("Further packets after the first match, in this order"),
  }),
);

export type CaptureDocument = z.infer<typeof capture>;
export type PacketDocument = z.infer<typeof packet>;
export type PacketExpectationDocument = z.infer<typeof packetExpectation>;
