/** Registry of check kinds. */
import type { CheckKind } from "../model/check.ts";
import type { Check } from "../model/check.ts";
import type { CheckContext, Finding, Kind } from "./kind.ts";
import { balanced } from "./kinds/balanced.ts";
import { capture } from "./kinds/capture.ts";
import { command } from "./kinds/command.ts";
import { connect } from "./kinds/connect.ts";
import { dns } from "./kinds/dns.ts";
import { http } from "./kinds/http.ts";
import { nat } from "./kinds/nat.ts";
import { path } from "./kinds/path.ts";
import { ping } from "./kinds/ping.ts";
import { reach } from "./kinds/reach.ts";
import { rejected } from "./kinds/rejected.ts";
import { state } from "./kinds/state.ts";
import { sticky } from "./kinds/sticky.ts";
import { throughput } from "./kinds/throughput.ts";

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
