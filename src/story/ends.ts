/** The ends of a packet, as a story writes them. */
import { joinHostPort } from "../net/host-port.ts";
import { shapeOf, type PacketShape } from "../why/packet-way.ts";

/** One of them: `10.0.0.1:4711`, without a port for ICMP. */
export function endText(shape: PacketShape, which: "from" | "to"): string {
  const port = shape.ports?.[which === "from" ? 0 : 1];
  return port === undefined ? shape[which] : joinHostPort(shape[which], port);
}

/** `10.0.0.1:4711 → 10.0.0.2:80`. */
export function endsText(shape: PacketShape): string {
  return `${endText(shape, "from")} → ${endText(shape, "to")}`;
}

/** Of a packet as a trace describes it, `10.0.0.1:4711 > 10.0.0.2:80 TCP SYN`. */
export function packetText(packet: string): string | undefined {
  const shape = shapeOf(packet);
  return shape === undefined ? undefined : endsText(shape);
}
