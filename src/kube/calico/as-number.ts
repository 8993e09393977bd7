/** AS numbers as Calico takes them: 65000, "65000", or 1.10 in dotted notation (api/pkg/lib/numorstring/asnumber.go). */
import * as z from "zod";
import type { Path } from "../../syntax/path.ts";
import type { Report } from "../../syntax/report.ts";
import { argument } from "../../syntax/scalar.ts";

const LARGEST = 2 ** 32 - 1;

export const asNumber = z.union([z.number(), argument]);

/** Undefined: it is none. */
export function readAsNumber(value: number | string): number | undefined {
  if (typeof value === "number") return Number.isInteger(value) && value >= 0 && value <= LARGEST ? value : undefined;
  if (/^\d{1,10}$/.test(value)) return Number(value) <= LARGEST ? Number(value) : undefined;
  const [, high, low] = /^(\d{1,5})\.(\d{1,5})$/.exec(value) ?? [];
  if (high === undefined || low === undefined || Number(high) > 65_535 || Number(low) > 65_535) return undefined;
  return Number(high) * 65_536 + Number(low);
}

export function checkAsNumber(value: number | string | undefined, path: Path, report: Report): void {
  if (value === undefined || readAsNumber(value) !== undefined) return;
  report(path, `invalid AS Number format (${value})`, {
    at: "value",
    hint: "1 to 4294967295, or two halves of 16 bits: 1.10; private ones are 64512 to 65534",
  });
}
