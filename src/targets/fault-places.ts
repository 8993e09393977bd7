/** Where a fault may be, of the places of a lab. */
import { UsageError } from "../errors.ts";
import type { FaultPlace, FaultPlaces } from "../faults/places.ts";
import type { Target } from "../net/target.ts";
import { labNodes } from "../cluster/lab-clusters.ts";
import { isProblem } from "./in-clusters.ts";
import type { TargetIndex } from "./parse-target.ts";

function oneOf(index: TargetIndex, text: string): Target {
  const found = index.find(text);
  if (isProblem(found)) throw new UsageError(found.message, found.hint);
  const [target] = found;
  if (target === undefined || found.length !== 1)
    throw new UsageError(`"${text}" has ${found.length} pods`, `name one of them: ${text}#1`);
  return target;
}

function placeOf({ text, ns, iface }: Target): FaultPlace {
  return { text, ns, ...(iface === undefined ? {} : { dev: iface }) };
}

/** A whole namespace: without an interface. */
function wholeOf(target: Target): FaultPlace {
  if (target.iface === undefined) return placeOf(target);
  throw new UsageError(`"${target.text}" is an interface`, "this fault is one of a whole node or pod: leave it out");
}

export function faultPlaces(index: TargetIndex): FaultPlaces {
  const whole = (text: string): FaultPlace => wholeOf(oneOf(index, text));
  return {
    place: (text) => placeOf(oneOf(index, text)),
    whole,
    node(text) {
      const place = whole(text);
      const nodes = labNodes({ clusters: index.clusters });
      if (place.ns.includes("/") || (nodes.length > 0 && !nodes.some(({ name }) => name === place.ns)))
        throw new UsageError(
          `"${text}" is not a node`,
          nodes.length === 0 ? "" : `nodes: ${nodes.map(({ name }) => name).join(", ")}`,
        );
      return place;
    },
    pod(text) {
      const target = oneOf(index, text);
      if (target.pod === undefined)
        throw new UsageError(`"${text}" is not a pod`, "name a pod: pod/NAME, pod/NAMESPACE/NAME or deploy/NAME#1");
      return wholeOf(target);
    },
  };
}
