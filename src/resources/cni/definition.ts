/** Attachments of pods to their node's network by CNI plugins: the agent calls them as a container runtime does. */
import type { Json } from "../../cni/config.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { ResourceBase } from "../resource.ts";
import { cniEncoder } from "./encode.ts";
import { cniPlan } from "./plan.ts";

/** One pod's attachment; `ns` is its node's namespace, in which plugins run. */
export interface CniResource extends ResourceBase {
  readonly kind: "cni";
  /** Namespace of the pod in the lab. */
  readonly podNs: string;
  /** `NAMESPACE/NAME`. */
  readonly pod: string;
  readonly ifName: string;
  /** CNI_CONTAINERID. */
  readonly containerId: string;
  /** The network configuration list of this node. */
  readonly network: Json;
  /** CNI_PATH: folders of the machine, and of the node's own files. */
  readonly path: readonly string[];
  /** CNI_ARGS. */
  readonly args: readonly (readonly [string, string])[];
  /** Arguments by capability: portMappings, bandwidth … */
  readonly capabilityArgs: Json;
}

/** `bridge, portmap`. */
export function pluginTypes({ network }: Pick<CniResource, "network">): readonly string[] {
  const { plugins = [network] } = network as { readonly plugins?: readonly { readonly type?: string }[] };
  return plugins.map((one) => String((one as { readonly type?: unknown }).type));
}

export const cniDefinition: ResourceDefinition<CniResource> = {
  kind: "cni",
  lives: "agent",
  speed: "tool",
  script: "comment",
  key: ({ podNs, ifName }) => [podNs, ifName],
  describe: (cni) => `${cni.ifName} of ${cni.pod} by CNI: ${pluginTypes(cni).join(", ")}`,
  provide({ id, podNs }, index) {
    index.addEnvironment(podNs, id);
  },
  own(_cni, own) {
    own.busy = true;
  },
  plan: cniPlan,
  encode: cniEncoder,
};
