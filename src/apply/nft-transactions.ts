/**
 * Which steps of an nftables table go into one transaction. A change of a table that is in force is one. A large new table is
 * made in many small ones, with its base chains in the last: until then nothing of it is in force, and the kernel,
 * which goes through the whole transaction for each set without a name, is done several times sooner.
 */
import type { NftStep } from "../resources/nft-step.ts";

/** Steps that one transaction may have; it keeps the order in which upstream declares chains. */
const LARGE = 1000;
/** Steps of one of many: measured with 4,000 chains. */
const SMALL = 200;

function slices(steps: readonly NftStep[]): readonly (readonly NftStep[])[] {
  return Array.from({ length: Math.ceil(steps.length / SMALL) }, (_, index) =>
    steps.slice(index * SMALL, (index + 1) * SMALL),
  );
}

/** Steps that create a table. */
export function transactionsOfNew(steps: readonly NftStep[]): readonly (readonly NftStep[])[] {
  if (steps.length <= LARGE) return [steps];
  const hooked = new Set(
    steps.flatMap((step) => (step.do === "add chain" && step.chain.hook !== undefined ? [step.chain.name] : [])),
  );
  const inForce = (step: NftStep): boolean =>
    (step.do === "add chain" && hooked.has(step.chain.name)) || (step.do === "add rule" && hooked.has(step.chain));
  const first = steps.filter((step) => !inForce(step));
  const last = steps.filter(inForce);
  return [...slices(first), ...(last.length === 0 ? [] : [last])];
}
