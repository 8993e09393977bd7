/** Watches: what the agent looks at again and again. */
import { describeWatch } from "./describe.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { ResourceBase } from "../resource.ts";
import { watchEncoder } from "./encode.ts";
import { watchPlan } from "./plan.ts";

/** A look again and again. */
export interface Looking {
  readonly look:
    | {
        readonly kind: "http";
        readonly tls?: boolean | undefined;
        readonly host: string;
        readonly port: number;
        readonly path: string;
        readonly headers: Readonly<Record<string, string>>;
      }
    | { readonly kind: "tcp"; readonly host: string; readonly port: number }
    | { readonly kind: "grpc"; readonly host: string; readonly port: number; readonly service: string }
    /** In the container whose process has this name. */
    | { readonly kind: "exec"; readonly argv: readonly string[]; readonly process?: string | undefined }
    /** A device is up and has carrier. */
    | { readonly kind: "link"; readonly dev: string };
  /** Milliseconds. */
  readonly initialDelay: number;
  readonly period: number;
  readonly timeout: number;
  /** How many results in a row must agree before it counts. */
  readonly success: number;
  readonly failure: number;
}

/** What the agent checks repeatedly; the results decide whether pods are ready and nodes are up. */
export interface WatchSpec extends Looking {
  /** Unique within its namespace. */
  readonly name: string;
  /** The owner of the condition: the pod `NAMESPACE/NAME`, or the node. A pod may have several, of which all must hold. */
  readonly subject: { readonly kind: "pod" | "node"; readonly name: string };
  /** Before this has succeeded once, nothing else is checked, and the condition is false; delays count from the same moment. */
  readonly startup?: (Looking & { readonly ns: string }) | undefined;
  /** Once it has succeeded it stays true, and is no longer checked: a startup probe. */
  readonly once?: boolean | undefined;
}

export interface WatchResource extends ResourceBase, WatchSpec {
  readonly kind: "watch";
  /** What it looks at has been restarted, and needs so many milliseconds: the condition is false, and nothing is looked at before. */
  readonly slow?: number | undefined;
}

/** Those that decide whether pods are ready, or nodes have their links. */
export function watchesOf(
  resources: Iterable<ResourceBase & { readonly kind: string }>,
  subject: WatchSpec["subject"]["kind"],
): readonly WatchResource[] {
  const isWatch = (one: { readonly kind: string }): one is WatchResource => one.kind === "watch";
  return [...resources].filter(isWatch).filter((watch) => watch.subject.kind === subject);
}

export const watchDefinition: ResourceDefinition<WatchResource> = {
  kind: "watch",
  lives: "agent",
  speed: "netlink",
  outside: true,
  script: "comment",
  key: ({ name }) => [name],
  describe: describeWatch,
  meets: () => false,
  plan: watchPlan,
  encode: watchEncoder,
};
