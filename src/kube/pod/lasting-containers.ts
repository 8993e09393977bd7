/** Which containers of a pod run as long as the pod: its own, and init containers that are restarted always (sidecars, KEP-753). */
import type { ContainerDocument } from "./container.ts";
import type { PodSpecDocument } from "./pod-spec.ts";
import type { Path } from "../../syntax/path.ts";

export function isSidecar({ restartPolicy }: Pick<ContainerDocument, "restartPolicy">): boolean {
  return restartPolicy === "Always";
}

/** A program of the machine, not the built-in server. */
export const isRun = ({ command }: ContainerDocument): boolean => (command ?? []).length > 0;

/** `at`: where in the pod spec. The pod's own come first. */
export function lastingContainers(
  spec: Pick<PodSpecDocument, "containers" | "initContainers">,
): readonly { readonly at: Path; readonly doc: ContainerDocument }[] {
  const own = spec.containers.map((doc, i) => ({ at: ["containers", i], doc }));
  const sidecars = (spec.initContainers ?? []).flatMap((doc, i) =>
    isSidecar(doc) ? [{ at: ["initContainers", i], doc }] : [],
  );
  return [...own, ...sidecars];
}
