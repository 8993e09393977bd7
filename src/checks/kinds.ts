/** Registry of check kinds. */
import type { CheckKind, Check } from "../lab/check.ts";
import type { CheckContext, Finding, Kind } from "./kind.ts";
import { balanced } from "./balanced/run.ts";
import { capture } from "./capture/run.ts";
import { command } from "./command/run.ts";
import { connect } from "./connect/run.ts";
import { dns } from "./dns/run.ts";
import { http } from "./http/run.ts";
import { nat } from "./nat/run.ts";
import { path } from "./path/run.ts";
import { ping } from "./ping/run.ts";
import { reach } from "./reach/run.ts";
import { rejected } from "./rejected/run.ts";
import { state } from "./state/run.ts";
import { sticky } from "./sticky/run.ts";
import { throughput } from "./throughput/run.ts";

const KINDS = {
  ping,
  tcp: connect,
  udp: connect,
  http,
  dns,
  command,
  path,
  reach,
  throughput,
  capture,
  state,
  balanced,
  nat,
  sticky,
  rejected,
} as const satisfies { [K in CheckKind]: Kind<K> };

/** The kind of a check, with the check bound to it. */
export interface BoundKind {
  readonly phase: Kind<CheckKind>["phase"];
  readonly negative: boolean;
  readonly run: (context: CheckContext) => Promise<Finding>;
}

export function kindOf(check: Check): BoundKind {
  // The registry's type guarantees that the kind and the check belong together.
  const kind = KINDS[check.kind] as Kind<CheckKind>;
  return {
    phase: kind.phase,
    negative: kind.negative(check),
    run: (context) => kind.run(check, context),
  };
}
