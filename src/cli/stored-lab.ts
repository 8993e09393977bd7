/** The lab as the agent keeps it for ls, inspect, check, exec and changes while it runs, when the YAML may be gone. */
import type { StoredLab } from "../agent/protocol.ts";
import type { LabSources } from "../model/input.ts";
import type { Lab } from "../model/lab.ts";
import type { LiveState } from "../model/live.ts";
import { RECORD_FORMAT } from "../model/revive-lab.ts";
import { packageVersion } from "./version.ts";

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
