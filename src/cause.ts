/** Where things come from: every resource, operation and message can be traced to a place in a file. */
import { printable } from "./printable.ts";

/** A place in an input file. Lines and columns count from 1. `file` is as the user named it. */
export interface SourceRef {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Why something is built: the file position, the object that requires it and the reason in a few words. */
export interface Cause {
  readonly source?: SourceRef | undefined;
  /** The object as a user knows it: `Pod default/client`, `spec.topology.nodes.red`, `cluster node1`. */
  readonly object: string;
  /** Why this object needs it: `pod address from node1's 10.244.0.0/24`. */
  readonly reason: string;
}

/** `labs/x.yaml:12:9`, or an empty string when there is no position. */
export function formatSource(source: SourceRef | undefined): string {
  return source === undefined ? "" : `${printable(source.file)}:${source.line}:${source.column}`;
}

/** One line: `labs/x.yaml:12:9 Pod default/client: pod address`. */
export function formatCause(cause: Cause): string {
  const at = formatSource(cause.source);
  return printable(`${at === "" ? "" : `${at} `}${cause.object}: ${cause.reason}`);
}

/** The same object with another reason. */
export function because(cause: Cause, reason: string): Cause {
  return { source: cause.source, object: cause.object, reason };
}
