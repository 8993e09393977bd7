/** Long-lived processes: containers with a command, processes of raw namespaces. */
import type { VolumeMount } from "../volume/model.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { Pace } from "../pace.ts";
import type { ResourceBase } from "../resource.ts";
import { processEncoder } from "./encode.ts";
import { processPlan } from "./plan.ts";

/** A long-lived process in the namespace (a container with a command, or a topology node's process). */
export interface ProcessResource extends ResourceBase, Pace {
  readonly kind: "process";
  /** `NAMESPACE/NAME` of a hostNetwork pod, whose files it sees in its node's namespace. */
  readonly pod?: string | undefined;
  readonly name: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Besides `env`, which wins: Services as they were when it started (kubelet sets them then and never again). Not compared. */
  readonly startEnv?: Readonly<Record<string, string>> | undefined;
  readonly cwd?: string | undefined;
  /** Which volumes of its pod. */
  readonly mounts?: readonly VolumeMount[] | undefined;
  readonly hostname?: string | undefined;
}

export function processesIn(
  resources: Iterable<ResourceBase & { readonly kind: string }>,
  ns: string,
): readonly ProcessResource[] {
  const isProcess = (one: { readonly kind: string }): one is ProcessResource => one.kind === "process";
  return [...resources].filter(isProcess).filter((process) => process.ns === ns);
}

export const processDefinition: ResourceDefinition<ProcessResource> = {
  kind: "process",
  lives: "agent",
  speed: "tool",
  starts: true,
  ofContainer: true,
  script: "comment",
  endsWithContainer: true,
  program: ({ argv }) => argv,
  key: ({ name }) => [name],
  describe: ({ name, argv }) => `process ${name}: ${argv.join(" ")}`,
  own(_process, own) {
    own.busy = true;
  },
  meets: ({ ns }, passage) => passage.arrives(ns),
  plan: processPlan,
  encode: processEncoder,
};
