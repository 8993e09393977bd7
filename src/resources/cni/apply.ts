/** How pods are attached: the node's plugins are called. */
import type { RuntimeApplier } from "../../apply/kind.ts";

/** Loaded when it is needed: few labs call plugins. */
const attachments = (): Promise<typeof import("../../apply/cni/attachments.ts")> =>
  import("../../apply/cni/attachments.ts");

export const cni: RuntimeApplier<"cni"> = {
  create: async (resource, runtime) => (await attachments()).attach(resource, runtime),
  update: (resource, _before, runtime) => cni.create(resource, runtime),
  remove: async (resource, runtime) => (await attachments()).detach(resource, runtime),
  abandon: ({ id }, runtime) => void runtime.held("cni").delete(id),
  restore: async (resource, runtime) => (await attachments()).recall(resource, runtime),
};
