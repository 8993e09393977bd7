/** The annotations by which a pod asks for limits of its bandwidth (kubernetes/pkg/util/bandwidth/utils.go), for CNI's bandwidth plugin. */
import { parseResourceQuantity } from "../../syntax/quantity.ts";
import type { Scope } from "../../syntax/scope.ts";
import type { PodDraft } from "./pod-draft.ts";
import type { PodBandwidth, PodModel } from "./pod-model.ts";

const KEYS = { ingress: "kubernetes.io/ingress-bandwidth", egress: "kubernetes.io/egress-bandwidth" } as const;
/** The runtimes ask for no limit of bursts: the largest number that the plugin takes. Bits. */
const BURST = 2 ** 32 - 1;
/** No others are taken (minRsrc, maxRsrc). */
const [LEAST, MOST] = [1e3, 1e15];
const FORMAT = /^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$/;

/** Bits per second, or what Kubernetes says of the text (apimachinery/pkg/api/resource/quantity.go). */
function rate(text: string): number | string {
  if (!FORMAT.test(text)) return `quantities must match the regular expression '${FORMAT.source}'`;
  if (text.startsWith("-")) return "resource is unreasonably small (< 1kbit)";
  const value = parseResourceQuantity(text);
  if (value === undefined) return "unable to parse quantity's suffix";
  if (value < LEAST) return "resource is unreasonably small (< 1kbit)";
  return value > MOST ? "resource is unreasonably large (> 1Pbit)" : Math.ceil(value);
}

/** `specScope`: of the pod's spec; a runtime that cannot read an annotation sets up no network for the pod. */
export function bandwidthOf(
  { annotations }: Pick<PodDraft, "annotations">,
  specScope: Scope,
): Pick<PodModel, "bandwidth"> {
  const [ingress, egress] = [KEYS.ingress, KEYS.egress].map((key) => {
    const text = annotations?.[key];
    const found = text === undefined ? undefined : rate(text);
    if (typeof found === "string")
      specScope
        .beside("metadata", "annotations", key)
        .error(
          `${key}: ${found}`,
          "the container runtime would set up no network for the pod: write bits per second, as 10M",
        );
    return typeof found === "number" ? found : undefined;
  });
  const bandwidth: PodBandwidth = {
    ...(ingress === undefined ? {} : { ingressRate: ingress, ingressBurst: BURST }),
    ...(egress === undefined ? {} : { egressRate: egress, egressBurst: BURST }),
  };
  return ingress === undefined && egress === undefined ? {} : { bandwidth };
}

/** Each object once. `plugin`: the network plugin's name. */
export function warnUnlimited(drafts: readonly PodDraft[], plugin: string): void {
  const warned = new Set<string>();
  for (const { annotations, object, scope } of drafts) {
    if (warned.has(object) || Object.values(KEYS).every((key) => annotations?.[key] === undefined)) continue;
    warned.add(object);
    scope.warn(
      `kubernetes.io/ingress-bandwidth and egress-bandwidth have no effect: ${plugin} does not limit the bandwidth of pods`,
      "cni: { plugin: cni } with CNI's bandwidth plugin in its conflist does",
    );
  }
}
