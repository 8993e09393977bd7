/** The lab as the agent keeps it for ls, inspect, check, exec and changes while it runs, when the YAML may be gone. */
import type { StoredLab } from "../agent/protocol.ts";
import { RECORD_FORMAT } from "../load/revive-lab.ts";
import type { LabSources } from "../syntax/lab-sources.ts";
import type { Lab } from "../lab/lab.ts";
import type { LiveState } from "../kube/workload/live-state.ts";
import { packageVersion } from "../agent/version.ts";

/** `sources` and `live`: a lab without them cannot be changed while it runs. */
export function storeLab(lab: Lab, sources?: LabSources, live?: LiveState): StoredLab {
  return {
    lab,
    ...(sources === undefined ? {} : { sources }),
    ...(live === undefined ? {} : { live }),
    at: new Date().toISOString(),
    version: packageVersion(),
    format: RECORD_FORMAT,
  };
}
