/** What a backend of NetworkPolicy enforcement does: writes a node's fences into the node. One file per backend, one line in enforce.ts. */
import type { Cause } from "../../cause.ts";
import type { Family } from "../../net/family.ts";
import type { NodeDraft } from "../../fabric/topology-node.ts";
import type { NodeFences } from "./fence.ts";

export interface PolicyBackend {
  /** Only called where there is at least one fence. `log`: denied packets go to NFLOG's group. */
  enforce(fences: NodeFences, families: readonly Family[], log: boolean, cause: Cause, draft: NodeDraft): void;
}
