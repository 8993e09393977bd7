import { describe, expect, test } from "vitest";
import { lookForMtu } from "../../../../src/checks/mtu/run.ts";
import type { ProbeResult } from "../../../../src/services/probe/protocol.ts";

/** A way over routers with these MTUs: the first that is too small says so, or is silent (negative). */
function way(...mtus: readonly number[]) {
  const sent: number[] = [];
  const ping = (bytes: number): Promise<ProbeResult> => {
    sent.push(bytes);
    const narrow = mtus.find((mtu) => Math.abs(mtu) < bytes);
    if (narrow === undefined) return Promise.resolve({ outcome: "open", ms: 1 });
    if (narrow < 0) return Promise.resolve({ outcome: "timeout", ms: 1 });
    return Promise.resolve({ outcome: "toobig", ms: 1, ping: { sent: 1, received: 0, mtu: narrow } });
  };
  const look = (expected: number) => lookForMtu({ expect: expected, timeout: 1000 }, ping, () => false);
  return { look, sent };
}

describe("what is found, and by how many packets", () => {
  test.each([
    [[1500, 1400], 1400, "path MTU 1400", 2],
    [[65_535], 65_535, "path MTU 65535", 1],
    // Silence is asked twice.
    [[1500, -1400], 1400, "path MTU 1400", 3],
    [[1500, 1450, 1400], 1500, "path MTU 1400; larger packets: packet too big, next-hop MTU 1400", 4],
    [[1500, 1400], 1300, "path MTU 1400; larger packets: packet too big, next-hop MTU 1400", 5],
    [[1500, -1337], 1500, "path MTU 1337; larger packets: timeout: no answer within 1 s", 13],
    [[-68], 1500, "path MTU 68; larger packets: timeout: no answer within 1 s", 13],
    [[65_535], 1500, "path MTU 65535", 3],
    // A router that names a size that does not fit, or one that is too large itself.
    [[9000, 1500, -1400], 9001, "path MTU 1400; larger packets: timeout: no answer within 1 s", 16],
  ])("%j, expected %i: %s", async (mtus, expected, got, packets) => {
    const { look, sent } = way(...mtus);
    expect(await look(expected)).toMatchObject({ ok: got === `path MTU ${expected}`, got });
    expect(sent.length).toBeLessThanOrEqual(packets);
  });

  test("nothing is answered: what happened to a small packet", async () => {
    expect(await way(-20).look(1500)).toMatchObject({ ok: false, got: "timeout: no answer within 1 s" });
  });

  test("where the search is interrupted, it ends", async () => {
    const { sent } = way();
    const ping = (bytes: number): Promise<ProbeResult> => {
      sent.push(bytes);
      return Promise.resolve({ outcome: bytes < 100 ? "open" : "timeout", ms: 1 });
    };
    expect((await lookForMtu({ expect: 1500, timeout: 1000 }, ping, () => true)).ok).toBe(false);
    expect(sent).toEqual([1500, 68]);
  });
});
