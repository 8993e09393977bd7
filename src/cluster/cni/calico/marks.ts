/** Felix' bits of the packet mark: the lowest of its mask, in their order (felix/dataplane/driver.go, felix/markbits). */
import type { MarkAllocator } from "../../marks.ts";
import type { FelixMarks } from "./felix/config.ts";
import type { CalicoModel } from "./model.ts";
import { VERSION_FACTS } from "./versions.ts";

/** IptablesMarkMask. */
const MASK = 0xffff0000;

export function felixMarks({ version }: Pick<CalicoModel, "version">): FelixMarks {
  const { dropMark } = VERSION_FACTS[version];
  const bits = Array.from({ length: 16 }, (_, i) => (0x10000 << i) >>> 0);
  const next = (): number => bits.shift() ?? 0;
  const [accept, pass] = [next(), next()];
  const drop = dropMark ? next() : undefined;
  const [scratch0, scratch1] = [next(), next()];
  const endpoint = bits.reduce((all, bit) => (all | bit) >>> 0, 0);
  return { accept, pass, drop, scratch0, scratch1, endpoint, nonCaliEndpoint: next() };
}

export function claimFelixMarks(marks: MarkAllocator): void {
  marks.claim({ owner: "Felix", bits: MASK, use: "verdicts of policies, and endpoints" });
}
