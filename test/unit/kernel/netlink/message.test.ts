import { describe, expect, test } from "vitest";
import { eachAttribute, readString } from "../../../../src/kernel/netlink/attribute.ts";
import { IFLA, IFLA_INFO, NLM_F_CREATE, RTM } from "../../../../src/kernel/netlink/constants.ts";
import { Message } from "../../../../src/kernel/netlink/message.ts";

/** The attributes as [type, payload in hex]. */
function attributes(buffer: Buffer, from: number, to: number): [number, string][] {
  const found: [number, string][] = [];
  eachAttribute(buffer, from, to, (type, start, end) => found.push([type, buffer.toString("hex", start, end)]));
  return found;
}

describe("Message", () => {
  test("header, fixed part and padded attributes, byte for byte as the kernel wants them", () => {
    const message = new Message(RTM.NEWLINK, NLM_F_CREATE, 16)
      .bodyU32(8, 1)
      .string(IFLA.IFNAME, "cni0")
      .u32(IFLA.MTU, 1450);
    const bytes = message.finish(7).subarray(0, message.length);
    expect(bytes.toString("hex")).toBe(
      "34000000" +
        "1000" +
        "0104" +
        "07000000" +
        "00000000" + // length, type, flags, sequence, port
        "00000000" +
        "00000000" +
        "01000000" +
        "00000000" + // ifinfomsg
        "0900" +
        "0300" +
        "636e693000000000" + // IFLA_IFNAME, padded
        "0800" +
        "0400" +
        "aa050000", // IFLA_MTU
    );
  });

  test("nested attributes know their length, and the buffer grows under them", () => {
    const long = "x".repeat(1000);
    const message = new Message(RTM.NEWLINK, 0, 16).nest(IFLA.LINKINFO, (info) =>
      info
        .string(IFLA_INFO.KIND, "veth")
        .nest(IFLA_INFO.DATA, (data) => data.string(1, long), 16)
        .u8(9, 5),
    );
    const bytes = message.finish(1);
    expect(bytes.readUInt32LE(0)).toBe(message.length);
    const [outer] = attributes(bytes, 32, message.length);
    expect(outer?.[0]).toBe(IFLA.LINKINFO);
    const inner = attributes(bytes, 36, message.length);
    expect(inner.map(([type]) => type)).toEqual([IFLA_INFO.KIND, IFLA_INFO.DATA, 9]);
    expect(inner[1]?.[1]).toBe("00".repeat(16) + "ed030100" + Buffer.from(`${long}\0`).toString("hex") + "000000");
    expect(inner[2]?.[1]).toBe("05");
  });

  test("a port is in network order", () => {
    const message = new Message(RTM.NEWLINK, 0, 0).be16(1, 8472);
    expect(attributes(message.buffer, 16, message.length)).toEqual([[1, "2118"]]);
  });
});

describe("eachAttribute", () => {
  test.each([
    ["a length below 4", "0200010000000000"],
    ["a length beyond the end", "ff00010000000000"],
    ["half a header", "0800"],
  ])("stops at %s", (_what, hex) => {
    const bytes = Buffer.from(hex, "hex");
    expect(attributes(bytes, 0, bytes.length)).toEqual([]);
  });

  test("masks the nested flag; strings end at their zero", () => {
    const bytes = Buffer.from("080012806c6f0000", "hex");
    expect(attributes(bytes, 0, 8)).toEqual([[0x12, "6c6f0000"]]);
    expect(readString(bytes, 4, 8)).toBe("lo");
  });
});
