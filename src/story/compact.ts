/** A story for a screen: what says nothing new is folded into its neighbours. Hops with a difference or a loss stay as they are. */
import { isTranslated } from "./tracking.ts";
import type { Hop, PacketStory } from "./packet-story.ts";

/** A hop, and the number in the whole story of the first that it stands for. */
export interface ShownHop extends Hop {
  readonly number: number;
}

function isPlain(hop: Hop | undefined): boolean {
  return hop !== undefined && hop.differs === undefined && hop.lost === undefined;
}

function together(a: ShownHop, b: Hop): boolean {
  return a.ns === b.ns && a.way === b.way && isPlain(a) && isPlain(b);
}

/** Between the parts of what a hop says: not in brackets. */
const PARTS = /, (?![^(]*\))/;

/** What two lines about one packet say, each part once. */
function joined(a: string, b: string): string {
  return [...new Set([...a.split(PARTS), ...b.split(PARTS)])].filter((text) => !/^port of \S+( \(\S+ is learnt here\))?$/.test(text)).join(", "); // prettier-ignore
}

function merge(a: ShownHop, b: Hop): ShownHop | undefined {
  if (!together(a, b)) return undefined;
  if (a.kind === "device" && b.kind === "device") {
    const [inA, inB] = [a.at.startsWith("→"), b.at.startsWith("→")];
    if (inA !== inB) return undefined;
    const names = [a.at, b.at].map((text) => text.replace("→ ", "").replace(" →", "")).join(", ");
    // What came in is shown as it came, what went out as it went.
    return {
      ...a,
      at: inA ? `→ ${names}` : `${names} →`,
      what: joined(a.what, b.what),
      packet: inA ? a.packet : b.packet,
    };
  }
  if (a.kind === "neighbour" && b.kind === "forwarding")
    return { ...a, what: `${a.what}, ${b.what.replace(/^\S+ is /, "")}` };
  return undefined;
}

/** A switch: in, across, out. */
function across(a: ShownHop, b: Hop | undefined, c: Hop | undefined): ShownHop | undefined {
  if (b === undefined || c === undefined || !together(a, b) || !together(a, c)) return undefined;
  if (a.kind !== "device" || b.kind !== "forwarding" || c.kind !== "device" || !b.what.startsWith("switched"))
    return undefined;
  return {
    ...a,
    at: `${a.at} → ${c.at.replace(" →", "")}`.replace("→ ", ""),
    what: joined(`switched by ${b.at.slice(4)}`, a.what),
  };
}

/** Learnt by ARP, or found by the kernel alone: worth a line where it is wrong. */
function isRoutine(hop: Hop, next: Hop | undefined): boolean {
  if (!isPlain(hop)) return false;
  if (hop.tracking?.state === "NEW" && hop.way === "there") return !isTranslated(hop.tracking);
  if (hop.kind === "neighbour") return hop.cause?.startsWith("the kernel") === true;
  if (hop.kind === "forwarding")
    return !hop.what.startsWith("switched") && hop.cause?.startsWith("the kernel") === true;
  return hop.kind === "routing" && hop.at === "routing local" && next?.kind === "socket";
}

export function compactHops({ hops }: PacketStory): readonly ShownHop[] {
  const numbered = hops.map((hop, i): ShownHop => ({ ...hop, number: i + 1 }));
  const kept = numbered.filter((hop, i) => !isRoutine(hop, hops[i + 1]));
  const shown: ShownHop[] = [];
  for (let i = 0; i < kept.length; i++) {
    const hop = kept[i];
    if (hop === undefined) continue;
    const switched = across(hop, kept[i + 1], kept[i + 2]);
    if (switched !== undefined) {
      shown.push(switched);
      i += 2;
      continue;
    }
    const last = shown.at(-1);
    const merged = last === undefined ? undefined : merge(last, hop);
    if (merged === undefined) shown.push(hop);
    else shown[shown.length - 1] = merged;
  }
  return shown;
}
