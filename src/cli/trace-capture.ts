/** Followed packets as one pcapng: each place that saw them an interface, each packet with its hop as a comment. */
import { writePlaces, type PacketAtPlace } from "../capture/pcapng.ts";
import { addTo } from "../append.ts";
import { formatNamespace } from "../net/place.ts";
import type { PacketStory } from "../story/packet-story.ts";

/** Of stories with their packets. Snapped packets have the length that was kept. */
export function tracePcapng(stories: readonly PacketStory[]): Uint8Array {
  const places = new Map<string, PacketAtPlace[]>();
  for (const story of stories) {
    const told = new Set<string>();
    for (const { ns, iface, direction, forward, time, bytes, link } of story.packets ?? []) {
      const at = direction === "in" ? `→ ${iface}` : `${iface} →`;
      const key = `${ns} ${at} ${forward}`;
      const data = Buffer.from(bytes, "base64");
      const header = link === undefined ? undefined : Buffer.from(link, "base64");
      // What is seen later at the same place, a retransmission or data, is not what the hop is about.
      const comment = told.has(key) ? undefined : commentOf(story, { ns, at, way: forward ? "there" : "back" });
      told.add(key);
      addTo(places, `${ns}/${iface}`, { time: BigInt(time), length: data.length, data, link: header, comment });
    }
  }
  return writePlaces(places);
}

/** The device's hop and what the kernel did there before the next device. */
function commentOf(
  { hops }: PacketStory,
  { ns, at, way }: { readonly ns: string; readonly at: string; readonly way: "there" | "back" },
): string | undefined {
  const first = hops.findIndex((hop) => hop.kind === "device" && hop.ns === ns && hop.at === at && hop.way === way);
  if (first < 0) return undefined;
  const next = hops.findIndex((hop, i) => i > first && (hop.kind === "device" || hop.ns !== ns));
  return hops
    .slice(first, next < 0 ? hops.length : next)
    .map(({ what, cause, differs = [], lost, at: place }, i) =>
      [
        `hop ${first + i + 1}, ${formatNamespace(ns)}, ${place}: ${what}`,
        ...(cause === undefined ? [] : [`because of ${cause}`]),
        ...differs.map((text) => `differs from the lab: ${text}`),
        ...(lost === true ? ["lost: nothing was seen of it after this"] : []),
      ].join("; "),
    )
    .join("\n");
}
