/** A lab that was kept as JSON. */
import type { Lab } from "./lab.ts";

/** JSON has no infinity: an open end of a packet count comes back as null. */
export function reviveLab(stored: { readonly lab: unknown }): Lab {
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
