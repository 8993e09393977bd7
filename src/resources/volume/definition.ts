/** Volumes of pods. */
import { describeVolume } from "./describe.ts";
import type { VolumeModel } from "./model.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { ResourceBase } from "../resource.ts";
import { volumeEncoder } from "./encode.ts";
import { volumePlan } from "./plan.ts";

/** A folder that programs of a pod mount: with files, or empty at first and theirs. */
export interface VolumeResource extends ResourceBase {
  readonly kind: "volume";
  /** `NAMESPACE/NAME` of a hostNetwork pod. */
  readonly pod?: string | undefined;
  readonly name: string;
  readonly files?: VolumeModel["files"];
  readonly tmpfs?: VolumeModel["tmpfs"];
}

export const volumeDefinition: ResourceDefinition<VolumeResource> = {
  kind: "volume",
  lives: "kernel",
  speed: "netlink",
  starts: true,
  script: "comment",
  key: ({ pod, name }) => (pod === undefined ? [name] : [pod, name]),
  describe: describeVolume,
  provide: ({ id, ns, pod, name }, index) => index.addVolume(ns, pod, name, id),
  meets: ({ ns }, passage) => passage.arrives(ns),
  plan: volumePlan,
  encode: volumeEncoder,
};
