/** Expected packets as text: `2 or more packets`, `vni 1, inner src pod/client`. */
import { count } from "../../counting.ts";
import { isBounded } from "../../capture/expectation.ts";
import type { PacketExpectation, PacketMatch } from "../../capture/packet-match.ts";

export function describeCount({ min, max }: PacketExpectation["packets"]): string {
  if (max === 0) return "no packet";
  if (!isBounded({ max })) return min <= 1 ? "a packet" : `${min} or more packets`;
  if (min === max) return `exactly ${count(min, "packet")}`;
  return min === 0 ? `at most ${count(max, "packet")}` : `${min} to ${max} packets`;
}

export function describeMatch(expect: PacketMatch & Partial<Pick<PacketExpectation, "packets" | "then">>): string {
  const { inner, then, packets: _, ...fields } = expect;
  const parts = Object.entries(fields).flatMap(([field, value]) =>
    value === undefined ? [] : [`${field} ${typeof value === "object" ? value.text : value}`],
  );
  if (inner !== undefined) parts.push(`inner ${describeMatch(inner)}`);
  const text = parts.length === 0 ? "anything in it" : parts.join(", ");
  return [text, ...(then ?? []).map((next) => describeMatch(next))].join(", then ");
}
