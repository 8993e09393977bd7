/** What is in a lab's namespaces and does not belong to the lab. */

export interface ForeignObject {
  /** The lab's namespace: `node1`, `default/web`. */
  readonly ns: string;
  /** `route blackhole 10.244.1.2`. */
  readonly what: string;
  /** Arguments of the command that removes it, to be run in the namespace. */
  readonly remove: readonly string[];
  /** Programs of the lab's own run there: one of them may have made it. */
  readonly unsure: boolean;
}

export type Found = Pick<ForeignObject, "what" | "remove">;
