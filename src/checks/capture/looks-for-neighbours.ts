/** Whether a capture check waits for ARP or neighbour discovery. */
import type { PacketMatch } from "../../capture/packet-match.ts";
import type { CaptureCheck } from "./resolve.ts";

export function looksForNeighbours({ expect }: CaptureCheck): boolean {
  return asksForNeighbours(expect) || expect.then.some(asksForNeighbours);
}

function asksForNeighbours(match: PacketMatch): boolean {
  const type = String(match.icmpType ?? "");
  return (
    match.protocol === "arp" ||
    match.arpOp !== undefined ||
    /^neighbou?r-|^13[56]$/.test(type) ||
    (match.inner !== undefined && asksForNeighbours(match.inner))
  );
}
