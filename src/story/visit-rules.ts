/** Which evaluations of rules belong to a visit, and what they say of the packet's destination. */
import { canonicalAddress } from "../net/families.ts";
import { splitHostPort } from "../net/host-port.ts";
import { shapeOf } from "../why/packet-way.ts";
import type { PacketShape } from "../why/packet-way.ts";
import { translationIn } from "./evaluations.ts";
import type { Evaluation } from "./evaluations.ts";
import { shapeIn, shapeOut } from "./visits.ts";
import type { Visit } from "./visits.ts";

/** The address for which routing is asked: behind a translation that was made before. */
export function destinationOf(visit: Visit, evaluations: readonly Evaluation[]): string | undefined {
  const out = shapeOut(visit)?.to;
  if (out !== undefined) return out;
  const own = evaluationsOf(visit, evaluations);
  const later = own.findLast(({ hook }) => hook === "forward" || hook === "input");
  const translated = own.flatMap((one) => translationIn(one) ?? []).at(-1);
  if (later !== undefined) return shapeOf(later.packet)?.to;
  return translated === undefined
    ? (shapeIn(visit)?.to ?? visit.to)
    : canonicalAddress(splitHostPort(translated).address);
}

/** Those of the packets that are seen in a visit: translated on both sides, only one of its hooks may show what a device does. */
export function evaluationsOf(visit: Visit, evaluations: readonly Evaluation[]): readonly Evaluation[] {
  const ids = new Set(evaluations.filter((one) => belongs(one, visit)).map(({ id }) => id));
  return evaluations.filter(({ ns, id }) => ns === visit.ns && ids.has(id));
}

/** Its addresses there say which of the two directions a rule saw. */
function belongs({ ns, packet }: Evaluation, visit: Visit): boolean {
  if (ns !== visit.ns) return false;
  // It never left: only rules have seen it.
  if (visit.ins.length + visit.outs.length === 0) return true;
  const seen = shapeOf(packet);
  const shapes = [...visit.ins, ...visit.outs].flatMap((one) => shapeOf(one.packet) ?? []);
  return seen !== undefined && shapes.some((one) => sameFlow(one, seen));
}

function sameFlow(a: PacketShape, b: PacketShape): boolean {
  const same = (index: 0 | 1): boolean => a.ports?.[index] === b.ports?.[index];
  return (a.from === b.from && same(0)) || (a.to === b.to && same(1));
}
