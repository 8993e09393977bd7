/** A packet as a device saw it. */
import { OTHER_MAC } from "../services/trace/last-seen.ts";
import type { Sighting } from "../services/trace/protocol.ts";
import type { HopHere } from "./build-hops.ts";
import type { Place } from "./causes.ts";
import { packetText } from "./ends.ts";

/** `startNs`: when the packet was first seen. */
export function deviceHop(
  { iface, direction, packet, atNs, ttl, length, macs, outer = [] }: Sighting,
  place: Place | undefined,
  startNs: number,
): HopHere {
  const link = place?.state.links.find(({ name }) => name === iface);
  const isIn = direction === "in";
  const mtu = link?.mtu;
  const port =
    link?.master === undefined ? "" : `port of ${link.master}${isIn ? learnt(iface, macs?.from, place) : ""}`;
  const kind = link?.kind === "vxlan" ? (isIn ? "taken out of the tunnel" : "into the tunnel") : "";
  const size = (bytes: number): string => (mtu === undefined ? `${bytes} bytes` : `${bytes} of ${mtu} bytes`);
  const tunnels = outer.map(({ tunnel, from, to, ttl: hops, length: whole }, i) => {
    const said = [tunnel.startsWith("VXLAN") ? `UDP ${from} → ${to}` : `${from} → ${to}`, `TTL ${hops}`, ...(i === 0 ? [size(whole)] : [])]; // prettier-ignore
    return `in ${tunnel} (${said.join(", ")})`;
  });
  const strange = packet.endsWith(OTHER_MAC)
    ? `its frame is for ${macs?.to ?? "another MAC"}, and not for ${link?.mac ?? "this one"}: ignored`
    : "";
  const words = /^\S+ > \S+ (.+?)(?: in (?:VXLAN|IPIP|IPv6 in IP|GRE).*| \(to another MAC\))?$/.exec(packet)?.[1] ?? "";
  const inner = [words, `TTL ${ttl}`, ...(outer.length === 0 ? [size(length)] : [])];
  const what = [...inner, strange, ...tunnels, kind, port].filter((text) => text !== "");
  return {
    kind: "device",
    at: isIn ? `→ ${iface}` : `${iface} →`,
    what: what.join(", "),
    packet: packetText(packet),
    ...(mtu === undefined ? {} : { mtu }),
    ttl,
    bytes: length,
    ...(macs === undefined ? {} : { macs }),
    ...(outer.length === 0 ? {} : { outer }),
    ms: (atNs - startNs) / 1e6,
    cause: link === undefined ? undefined : place?.causes.link(link),
    about: [iface],
  };
}

/** What the bridge knows of the sender, whose frame came in at a port. */
function learnt(port: string, mac: string | undefined, place: Place | undefined): string {
  const entries = place?.state.fdb.filter((one) => one.mac === mac && one.dst === undefined) ?? [];
  const here = entries.find(({ dev }) => dev === port);
  if (here !== undefined) return ` (${mac ?? ""} ${here.permanent ? "is set" : "is learnt"} here)`;
  const [elsewhere] = entries;
  return elsewhere === undefined ? "" : ` (its table has ${mac ?? ""} at ${elsewhere.dev})`;
}
