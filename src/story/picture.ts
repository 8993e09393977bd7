/** The way of a packet in a few words: `client → cni0 → DNAT → route → fdb ✘`, for a line on a screen or a drawing. */
import { formatNamespace } from "../net/place.ts";
import { compactHops, type ShownHop } from "./compact.ts";
import type { PacketStory } from "./packet-story.ts";

export interface PictureStep {
  readonly label: string;
  readonly ns: string;
  /** Numbers of the hops that it stands for, the first of them first. */
  readonly hops: readonly number[];
  readonly mark: "ok" | "differs" | "lost";
}

function labelOf({ kind, at, what, ns }: ShownHop, isFirst: boolean): string {
  if (isFirst) return formatNamespace(ns);
  if (kind === "netfilter") return /\b(DNAT|SNAT|dropped)\b/.exec(what)?.[1] ?? "rules";
  if (kind === "routing") return "route";
  if (kind === "neighbour") return "neighbour";
  if (kind === "forwarding") return "fdb";
  if (kind === "socket") return at;
  return deviceOf(at) ?? at;
}

/** The device of `→ eth0`, `eth0 →`, `fdb flannel.1`; of several the first. */
export function deviceOf(at: string): string | undefined {
  return /^(?:→ |neighbour |fdb )?([^\s,→]+)/.exec(at)?.[1];
}

function markOf({ differs, lost }: ShownHop): PictureStep["mark"] {
  return differs !== undefined ? "differs" : lost === true ? "lost" : "ok";
}

/** A step for each hop that is shown on its way there; where the answer is what went wrong, on its way back. */
export function pictureOf(story: PacketStory): readonly PictureStep[] {
  const shown = compactHops(story);
  const isBad = ({ differs, lost }: ShownHop): boolean => differs !== undefined || lost === true;
  const back = shown.some((hop) => hop.way === "back" && isBad(hop));
  const steps: PictureStep[] = [];
  for (const hop of shown) {
    if (hop.way === "back" && !back) continue;
    const { ns, number } = hop;
    const label = labelOf(hop, steps.length === 0);
    const last = steps.at(-1);
    // Each rule that only let it through, each device of one place, once.
    if (last?.label === label && last.ns === ns && last.mark === "ok" && !isBad(hop))
      steps[steps.length - 1] = { ...last, hops: [...last.hops, number] };
    else steps.push({ label, ns, hops: [number], mark: markOf(hop) });
  }
  return steps;
}

/** The same by places: what is wrong keeps a step of its own. */
export function picturePlaces(story: PacketStory): readonly PictureStep[] {
  const places: PictureStep[] = [];
  for (const step of pictureOf(story)) {
    const last = places.at(-1);
    const label = formatNamespace(step.ns);
    if (step.mark !== "ok") places.push({ ...step, label: `${label} ${step.label}` });
    else if (last?.ns === step.ns && last.mark === "ok")
      places[places.length - 1] = { ...last, hops: [...last.hops, ...step.hops] };
    else places.push({ ...step, label });
  }
  return places;
}
