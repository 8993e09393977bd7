/** Resources that decide conditions: what the agent looks at again and again. */
import type { ResourceBase } from "./resource.ts";

/** What the agent looks at again and again; what it finds decides whether pods are ready and nodes are up. */
export interface WatchSpec {
  /** Unique within its namespace. */
  readonly name: string;
  /** Whose condition it is: the pod `NAMESPACE/NAME`, or the node. A pod may have several, of which all must hold. */
  readonly subject: { readonly kind: "pod" | "node"; readonly name: string };
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
  /** So many looks in a row must agree before it counts. */
  readonly success: number;
  readonly failure: number;
}

export interface WatchResource extends ResourceBase, WatchSpec {
  readonly kind: "watch";
}
