/** The downward API: what containers learn about their pod, by variables and in files. */
import type { PodSpecDocument } from "./pod-spec.ts";
import type { Texts } from "../config-map/config-data.ts";
import { uidOf } from "./pod-name.ts";
import { parseResourceQuantity } from "../../syntax/quantity.ts";
import { kindedName } from "../../net/object-ref.ts";

export interface PodFacts {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Texts;
  readonly annotations: Texts;
  readonly nodeName: string;
  readonly serviceAccountName: string;
  readonly hostIPs: readonly string[];
  readonly podIPs: readonly string[];
  readonly containers: PodSpecDocument["containers"];
}

/** As the kubelet writes labels and annotations into a file (pkg/fieldpath: FormatMap). */
function formatMap(map: Texts): string {
  return Object.entries(map)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join("\n");
}

/** Of a field of the pod, named as in `fieldRef.fieldPath`; empty for a label that it does not have. */
export function fieldOf(path: string, facts: PodFacts): string {
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (subscript !== null) {
    const map = subscript[1] === "labels" ? facts.labels : facts.annotations;
    return map[subscript[2] ?? ""] ?? "";
  }
  switch (path) {
    case "metadata.name":
      return facts.name;
    case "metadata.namespace":
      return facts.namespace;
    case "metadata.uid":
      return uidOf(kindedName("Pod", facts));
    case "metadata.labels":
      return formatMap(facts.labels);
    case "metadata.annotations":
      return formatMap(facts.annotations);
    case "spec.nodeName":
      return facts.nodeName;
    case "spec.serviceAccountName":
      return facts.serviceAccountName;
    case "status.hostIP":
      return facts.hostIPs[0] ?? "";
    case "status.hostIPs":
      return facts.hostIPs.join(",");
    case "status.podIP":
      return facts.podIPs[0] ?? "";
    case "status.podIPs":
      return facts.podIPs.join(",");
    default:
      return "";
  }
}

interface ResourceRef {
  readonly containerName?: string | undefined;
  readonly resource: string;
  readonly divisor?: unknown;
}

/**
 * What a container requests or may use, in units of the divisor, rounded up (pkg/api/v1/resource: ExtractContainerResourceValue).
 * Undefined: it has no such limit, where a cluster reports the node's capacity.
 */
export function resourceOf(
  { resource, divisor, containerName }: ResourceRef,
  { containers }: Pick<PodFacts, "containers">,
): string | undefined {
  const [kind = "", name = ""] = resource.split(/\.(.*)/s);
  const given = containers.find((one) => one.name === containerName)?.resources as
    | {
        readonly limits?: Readonly<Record<string, unknown>> | null;
        readonly requests?: Readonly<Record<string, unknown>> | null;
      }
    | null
    | undefined;
  // The API server fills in requests from limits.
  const value = (kind === "requests" ? given?.requests?.[name] : undefined) ?? given?.limits?.[name];
  if (value === undefined) return kind === "requests" ? "0" : undefined;
  const unit = parseResourceQuantity(divisor ?? 1);
  const amount = parseResourceQuantity(value);
  return amount === undefined ? undefined : String(Math.ceil(amount / (unit === undefined || unit === 0 ? 1 : unit)));
}
