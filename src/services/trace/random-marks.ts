/** Values by which all that take part in a trace recognise its packets. By node:crypto: the hub has no kernel to ask, on macOS. */
import { randomBytes, randomInt } from "node:crypto";
import type { ProbeMarks } from "../probe/attempt.ts";

export function randomMarks(): ProbeMarks {
  return {
    sequence: randomInt(1, 0x1_0000_0000),
    token: `${randomBytes(8).toString("hex")}-trace`,
    dnsId: randomInt(0, 0x10000),
    pingId: randomInt(1, 0x10000),
    pingPattern: randomBytes(16).toString("hex"),
  };
}
