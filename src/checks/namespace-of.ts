/** What a text in an expectation (`pod/client`, `node1/eth0`, `default/client`) means: a namespace of the lab, perhaps with an interface. */
import { formatPlace, formatNamespace } from "../net/place.ts";
import type { Lab } from "../lab/lab.ts";
import { resolveTarget } from "../targets/parse-target.ts";
import { labPods } from "../cluster/lab-clusters.ts";

export interface Place {
  readonly ns: string;
  readonly iface?: string | undefined;
}

/** Throws UsageError for what the lab does not have. Lab-internal namespace names are returned unchanged. */
export function placeOf(lab: Lab, text: string): Place {
  const namespaces = new Set([...lab.topology.nodes.map((node) => node.name), ...labPods(lab).map((pod) => pod.ns)]);
  if (namespaces.has(text)) return { ns: text };
  const slash = text.lastIndexOf("/");
  if (slash > 0 && !text.startsWith("pod/") && namespaces.has(text.slice(0, slash))) {
    return { ns: text.slice(0, slash), iface: text.slice(slash + 1) };
  }
  const target = resolveTarget(lab, text);
  return { ns: target.ns, iface: target.iface };
}

/** One spelling for each place, so that places can be compared: `node1/eth0`, `pod/client`. */
export function canonicalPlace(lab: Lab, text: string): string {
  const { ns, iface } = placeOf(lab, text);
  return iface === undefined ? formatNamespace(ns) : formatPlace(ns, iface);
}
