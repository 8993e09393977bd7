/** Files that programs of a namespace see in place of the host's. */
import type { ResourceDefinition } from "../definition.ts";
import type { ResourceBase } from "../resource.ts";
import { fileEncoder } from "./encode.ts";
import { filePlan } from "./plan.ts";

/** A file that processes of the namespace see instead of the host's (`/etc/hosts`, `/etc/resolv.conf`, `/etc/hostname`). */
export interface FileResource extends ResourceBase {
  readonly kind: "file";
  /** `NAMESPACE/NAME` of a hostNetwork pod: only what runs in that pod sees the file, not its node. */
  readonly pod?: string | undefined;
  readonly path: string;
  readonly content: string;
  /** A program. */
  readonly executable?: true | undefined;
}

/** Files of a namespace, those of hostNetwork pods in it included. */
export function filesIn(
  resources: Iterable<ResourceBase & { readonly kind: string }>,
  ns: string,
): readonly FileResource[] {
  const isFile = (one: { readonly kind: string }): one is FileResource => one.kind === "file";
  return [...resources].filter(isFile).filter((file) => file.ns === ns);
}

export const fileDefinition: ResourceDefinition<FileResource> = {
  kind: "file",
  lives: "kernel",
  speed: "netlink",
  heading: (_resource, described) => described,
  script: "comment",
  key: ({ pod, path }) => (pod === undefined ? [path] : [pod, path]),
  describe: ({ path, pod }) => `file ${path}${pod === undefined ? "" : ` of pod ${pod}`}`,
  provide: ({ id, ns }, index) => index.addEnvironment(ns, id),
  meets: ({ ns }, passage) => passage.named && passage.source === ns,
  metAt: "socket",
  plan: filePlan,
  encode: fileEncoder,
};
