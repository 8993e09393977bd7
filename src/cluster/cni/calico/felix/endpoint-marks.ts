/** Which endpoint a packet came from, in bits of its mark: kube-proxy in mode ipvs hides the device (felix/rules/epmark.go, felix/markbits). */
import { fnv1 } from "../../../../net/digest.ts";
import { endpointChain } from "../names.ts";
import type { FelixMarks } from "./config.ts";
import { rule, setMark } from "./rule.ts";
import type { EndpointMarks } from "./dispatch-chains.ts";
import type { FelixChain } from "./rule.ts";

/** The number's bits put into those of the mask, the lowest first. */
function spread(value: number, mask: number): number {
  let mark = 0;
  let at = 0;
  for (let bit = 0; bit < 32; bit++) {
    if (((mask >>> bit) & 1) === 0) continue;
    if (((value >>> at) & 1) === 1) mark |= 1 << bit;
    at++;
  }
  return mark >>> 0;
}

/** Each device's mark: by its hash, or the next one that is free. Those for which there is none left are not among them. */
export function endpointMarks(
  devices: readonly string[],
  { endpoint, nonCaliEndpoint }: Pick<FelixMarks, "endpoint" | "nonCaliEndpoint">,
): EndpointMarks {
  const bits = [...endpoint.toString(2)].filter((bit) => bit === "1").length;
  const places = 2 ** bits;
  const taken = new Set([0, nonCaliEndpoint]);
  const marks = new Map<string, number>();
  for (const device of new Set(devices)) {
    const first = fnv1(device);
    for (let i = 0; i < places; i++) {
      const mark = spread((first + i) % places, endpoint);
      if (taken.has(mark)) continue;
      taken.add(mark);
      marks.set(device, mark);
      break;
    }
  }
  return marks;
}

export function endpointMarkChain(device: string, marks: EndpointMarks, { endpoint }: FelixMarks): FelixChain {
  const mark = marks.get(device);
  return {
    name: endpointChain("cali-sm-", device),
    rules: mark === undefined ? [] : [rule([], setMark(mark, endpoint))],
  };
}
