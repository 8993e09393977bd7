/** Network namespaces: all other resources live in one. */
import type { ResourceDefinition } from "../definition.ts";
import type { Requirement } from "../requirement.ts";
import type { ResourceBase } from "../resource.ts";
import { netnsEncoder } from "./encode.ts";
import { netnsPlan } from "./plan.ts";

/** A network namespace with `lo` up. */
export interface NetnsResource extends ResourceBase {
  readonly kind: "netns";
  /** What it stands for; shown in the TUI and in `inspect`. */
  readonly role: "pod" | "node" | "switch" | "router" | "internet" | "host";
  /** The pod's namespace/name for role pod. */
  readonly pod?: string | undefined;
  /** What its cluster's network plugin needs; on nodes. */
  readonly requires?: readonly Requirement[] | undefined;
}

export function isNetns(resource: { readonly kind: string }): resource is NetnsResource {
  return resource.kind === "netns";
}

export const netnsDefinition: ResourceDefinition<NetnsResource> = {
  kind: "netns",
  lives: "kernel",
  byAgentOnly: true,
  speed: "netlink",
  script: "namespace",
  endsWithContainer: true,
  key: () => [],
  describe: ({ role }) => `namespace (${role})`,
  provide: ({ id, ns }, index) => index.addNetns(ns, id),
  requirements: ({ requires = [] }) => requires,
  plan: netnsPlan,
  encode: netnsEncoder,
};
