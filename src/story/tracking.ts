/** What connection tracking made of a packet where it came through: its state there, and the entry as that packet left it. */
import { shapeOf } from "../why/packet-way.ts";
import type { NetfilterFindings, TracedFlow, TrackedPacket } from "../services/trace/protocol.ts";
import { endsText } from "./ends.ts";
import type { Evaluation } from "./evaluations.ts";
import type { HopTracking } from "./packet-story.ts";
import type { Visit } from "./visits.ts";

/** As the kernel knows it there, before and behind translations: `10.0.0.1:4711 → 10.0.0.2:80`. */
function endsIn({ ins, outs }: Visit, evaluations: readonly Evaluation[]): ReadonlySet<string> {
  const packets = [...ins, ...outs, ...evaluations].map(({ packet }) => shapeOf(packet));
  return new Set(packets.flatMap((shape) => (shape === undefined ? [] : [endsText(shape)])));
}

function flowEnds({ from, to }: TracedFlow["original"]): string {
  return `${from} → ${to}`;
}

/** Undefined: nothing tracks it there, or nothing of it is known. `evaluations`: of this visit. */
export function trackingOf(
  visit: Visit,
  evaluations: readonly Evaluation[],
  { tracked = [], flows = [] }: NetfilterFindings,
): HopTracking | undefined {
  const ends = endsIn(visit, evaluations);
  const back = visit.way === "back";
  const echo = [...visit.ins, ...visit.outs].find(({ icmpId }) => icmpId !== undefined)?.icmpId;
  const seen = tracked.find((one) => one.ns === visit.ns && isOf(one, ends));
  if (seen?.state === "UNTRACKED") return { state: "UNTRACKED" };
  const own = flows.filter(
    ({ ns, id, original, reply }) =>
      ns === visit.ns &&
      (seen?.id === undefined
        ? (ends.has(flowEnds(original)) || ends.has(flowEnds(reply))) && original.icmpId === echo
        : id === seen.id),
  );
  const [first] = own;
  const flow = back ? (own.find(({ replied }) => replied) ?? own.at(-1)) : first;
  // Before Linux 6.16 only entries show it: the packet that began one was new.
  const state = seen?.state ?? (flow === undefined ? undefined : !back && flow.created ? "NEW" : "ESTABLISHED");
  if (state === undefined) return undefined;
  if (flow === undefined) return { state };
  const { original, reply, mark, zone, timeout, tcp } = flow;
  return {
    state,
    original: flowEnds(original),
    reply: flowEnds(reply),
    ...(tcp === undefined ? {} : { tcp }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(mark === 0 ? {} : { mark }),
    ...(zone === 0 ? {} : { zone }),
  };
}

function isOf({ packet }: TrackedPacket, ends: ReadonlySet<string>): boolean {
  const shape = shapeOf(packet);
  return shape !== undefined && ends.has(endsText(shape));
}

/** Its answers do not simply go back where it came from. */
export function isTranslated({ original, reply }: HopTracking): boolean {
  if (original === undefined || reply === undefined) return false;
  const [from, to] = original.split(" → ");
  return reply !== `${to} → ${from}`;
}

/** `NEW; SYN_SENT, kept 120 s; original 10.0.0.1:4711 → 10.96.0.50:80, reply 10.244.1.2:8080 → 10.0.0.1:4711`. */
export function trackingText(tracking: HopTracking): string {
  const { state, original, reply, tcp, timeout, mark, zone } = tracking;
  if (state === "UNTRACKED") return "UNTRACKED: it has no entry, and NAT does not touch it";
  const entry = [
    tcp ?? "",
    timeout === undefined ? "" : `kept ${timeout} s`,
    mark === undefined ? "" : `mark 0x${mark.toString(16)}`,
    zone === undefined ? "" : `zone ${zone}`,
  ].filter((text) => text !== "");
  const ends = original === undefined ? "no entry is left of it" : `original ${original}, reply ${reply ?? ""}`;
  return [state, entry.join(", "), ends].filter((text) => text !== "").join("; ");
}
