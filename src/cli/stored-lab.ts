/** The lab as the agent keeps it for ls, inspect, check and exec, when the YAML may be gone. */
import type { StoredLab } from "../agent/protocol.ts";
import type { Lab } from "../model/lab.ts";
import { packageVersion } from "./version.ts";

export function storeLab(lab: Lab): StoredLab {
  return { lab, at: new Date().toISOString(), version: packageVersion() };
}

/** JSON has no infinity: an open end of a packet count comes back as null. */
export function reviveLab(stored: StoredLab): Lab {
  const lab = stored.lab as Lab;
  const checks = lab.checks.map((check) => {
    if (check.kind !== "capture" || Number.isFinite(check.expect.packets.max)) return check;
    return {
      ...check,
      expect: { ...check.expect, packets: { ...check.expect.packets, max: Number.POSITIVE_INFINITY } },
    };
  });
  return { ...lab, checks };
}
