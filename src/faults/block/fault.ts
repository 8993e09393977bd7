/** block: a protocol does not get through a device: a firewall between the nodes. */
import * as z from "zod";
import { UsageError } from "../../errors.ts";
import { lazy } from "../../syntax/lazy.ts";
import { port } from "../../syntax/scalar.ts";
import { at, direction, directionText, isMeant, type DirectionDocument } from "../fields.ts";
import { defineFault } from "../kind.ts";
import { LOSE, withPacketRules } from "../packet-rules.ts";
import type { FaultPlace } from "../places.ts";
import { VXLAN_PORT } from "../../net/vxlan.ts";

/** IANA protocol numbers; of ICMP both. */
const PROTOCOLS = {
  icmp: "meta l4proto { 1, 58 }",
  ipip: "meta l4proto 4",
  tcp: "meta l4proto 6",
  udp: "meta l4proto 17",
  sixin4: "meta l4proto 41",
  gre: "meta l4proto 47",
  esp: "meta l4proto 50",
  sctp: "meta l4proto 132",
  vxlan: `udp dport ${VXLAN_PORT}`,
  arp: "meta protocol arp",
} as const;

const NAMES = Object.keys(PROTOCOLS) as [keyof typeof PROTOCOLS, ...(keyof typeof PROTOCOLS)[]];
const WITH_PORTS: ReadonlySet<string> = new Set(["tcp", "udp", "sctp"]);

interface Block {
  readonly protocol: keyof typeof PROTOCOLS | number;
  readonly port?: number | undefined;
  readonly direction?: DirectionDocument;
}

function matched({ protocol, port: number }: Block): string {
  if (number !== undefined) return `${protocol} dport ${number}`;
  return typeof protocol === "number" ? `meta l4proto ${protocol}` : PROTOCOLS[protocol];
}

export const block = defineFault<Block & { readonly at: string }, Block & { readonly place: FaultPlace }>({
  kind: "block",
  lesson:
    'Packets of one protocol are dropped silently: IP protocol 4 (ipip), VXLAN\'s UDP port, ICMP with its "packet too big", or any other.',
  schema: lazy(() =>
    z.strictObject({
      at,
      protocol: z
        .union([z.enum(NAMES), z.int().min(0).max(255)])
        .describe(`${NAMES.join(", ")}, or the number of an IP protocol`),
      port: port.optional().describe("Destination port of tcp, udp, sctp"),
      direction,
    }),
  ),
  resolve({ at: text, ...rest }, places) {
    if (rest.port !== undefined && !WITH_PORTS.has(String(rest.protocol)))
      throw new UsageError(`${rest.protocol} has no ports to block one of`, "ports are for tcp, udp and sctp");
    return { place: places.place(text), ...rest };
  },
  describe: ({ place, protocol, port: number, direction: asked }) =>
    `${place.text} drops ${typeof protocol === "number" ? `IP protocol ${protocol}` : protocol}${number === undefined ? "" : ` to port ${number}`}${directionText(asked)}`,
  inject: (settings, scene) =>
    withPacketRules(settings.place, scene, {
      rules: (one) => (isMeant(settings.direction, one) ? [`${matched(settings)} ${LOSE[one]}`] : []),
    }),
  draw: ({ text, is, random }) =>
    is === "node"
      ? { at: text, protocol: (["icmp", "vxlan", "tcp"] as const)[Math.floor(random() * 3)] ?? "icmp" }
      : undefined,
});
