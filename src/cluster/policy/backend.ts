/** What a backend of policy enforcement does: writes a node's fences into the node. A folder for each, a line in backends.ts. */
import type { Cause } from "../../cause.ts";
import type { Family } from "../../net/family.ts";
import type { NodeDraft } from "../../fabric/node-draft.ts";
import type { NodeFences } from "./fence.ts";
import type { PolicySwitches } from "./switches.ts";

export interface Enforcement {
  readonly families: readonly Family[];
  /** Denied packets go to NFLOG's group. */
  readonly log: boolean;
  readonly denyAs: PolicySwitches["denyAs"];
  readonly beforeDNAT: boolean;
  readonly cause: Cause;
}

export interface PolicyBackend {
  /** Only called where there is at least one fence. */
  enforce(fences: NodeFences, how: Enforcement, draft: NodeDraft): void;
}
