/** A lab that was kept as JSON. */
import type { Check } from "./check.ts";
import type { Lab } from "./lab.ts";

/** JSON has no infinity: an open end of a packet count comes back as null. */
function reviveCheck(check: Check): Check {
  if (check.kind !== "capture" || Number.isFinite(check.expect.packets.max)) return check;
  return {
    ...check,
    expect: { ...check.expect, packets: { ...check.expect.packets, max: Number.POSITIVE_INFINITY } },
  };
}

export function reviveLab(stored: { readonly lab: unknown }): Lab {
  const lab = stored.lab as Lab;
  return {
    ...lab,
    checks: lab.checks.map(reviveCheck),
    ...(lab.steps === undefined
      ? {}
      : { steps: lab.steps.map((step) => ({ ...step, checks: step.checks.map(reviveCheck) })) }),
  };
}
