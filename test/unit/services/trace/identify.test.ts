/** A held UDP packet whose payload is short or empty: another sender's packets are not taken for it. */
import { expect, test } from "vitest";
import { identify } from "../../../../src/services/trace/identify.ts";
import { heldProbe } from "../../../../src/services/trace/held-probe.ts";
import { signatureOf } from "../../../../src/services/trace/assemble.ts";
import { bytes, ipv4, u16 } from "../../capture/frames.ts";

function packet(sport: number, dport: number, payload: string): Buffer {
  const udp = bytes(u16(sport), u16(dport), u16(8 + payload.length), u16(0), [...Buffer.from(payload)]);
  return Buffer.from(ipv4(17, udp));
}

function isTaken(held: Buffer, other: Buffer): boolean {
  const found = heldProbe("client", held, 100);
  if (found === undefined) throw new Error("not held");
  return identify(other, signatureOf(found.probe, found.marks, found.localPort)) !== undefined;
}

test.each([
  ["", "", 7, true],
  ["", "hello", 4000, false],
  ["", "", 7000, false],
  ["hi", "hi", 4000, true],
  ["hi", "hi", 7000, false],
  ["hi", "h", 4000, false],
  ["a longer payload", "a longer payload", 7000, true],
])("held %j, seen %j from port %i: %s", (held, seen, sport, taken) => {
  const dport = sport === 7000 ? 5353 : 9000;
  expect(isTaken(packet(4000, 9000, held), packet(sport, dport, seen))).toBe(taken);
});
