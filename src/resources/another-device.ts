/** Devices with which others have replaced the lab's, under the same name: they are left alone. */
import type { Comparison } from "./kind.ts";
import { definitionOf, devicesOf } from "./definitions.ts";
import { anotherDevice } from "./link-settings.ts";
import type { ObservedIndex } from "./observed-index.ts";
import type { Resource } from "./resource.ts";

/** As its kind compares it; a device that neither belongs to the lab nor is as requested cannot be changed. */
export function compareObserved(resource: Resource, observed: ObservedIndex): Comparison {
  const compared = definitionOf(resource).plan.compare(resource, observed);
  if (compared.status !== "changed") return compared;
  const other = devicesOf(resource).find(({ ns, name }) => observed.namespace(ns)?.links.get(name)?.foreign === true);
  return other === undefined ? compared : { status: "missing", reason: anotherDevice(other.name) };
}
