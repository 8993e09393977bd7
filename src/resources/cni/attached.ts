/** What the agent knows of pods that CNI plugins have attached. */
import type { CniResult } from "../../cni/result.ts";
import type { PerFamily } from "../../net/family.ts";
import type { Resource, ResourceOf } from "../resource.ts";
import { sysctlDevice } from "../sysctl-key.ts";

export interface Attached {
  /** The pod's namespace in the lab, and its node's. */
  readonly pod: string;
  readonly node: string;
  /** Inode of the pod's namespace. */
  readonly inode: number;
  /** Milliseconds since the epoch: another number is another attachment. */
  readonly since: number;
  /** The first of each family in the result. */
  readonly addresses: PerFamily<string>;
  readonly result: CniResult;
  /** With the plugin and the ADD that made it as the reason. */
  readonly made: readonly Resource[];
}

/** The device that a resource is about, if it is about one. */
export function nodeDevice(resource: Resource): string | undefined {
  if (resource.kind === "sysctl") return sysctlDevice(resource.key);
  return "dev" in resource ? resource.dev : undefined;
}

/** Plugins are called for some of them. */
export function callsPlugins(resources: readonly Resource[]): boolean {
  return resources.some(isAttachment);
}

export function isAttachment(resource: Resource): resource is ResourceOf<"cni"> {
  return resource.kind === "cni";
}

/** A cable between a pod and its node. */
export function isCable(resource: Resource): resource is ResourceOf<"veth"> {
  return resource.kind === "veth";
}

/** Names of the cables' ends on the node. */
export function cableEnds(made: readonly Resource[]): readonly string[] {
  return made.filter(isCable).map(({ peer }) => peer.name);
}

export interface NodeAttachments {
  readonly attached: readonly Attached[];
  /** Made by attachments that no longer exist, on their nodes: a bridge stays when its last pod goes. */
  readonly left: readonly Resource[];
}
