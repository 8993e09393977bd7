import { describe, expect, test } from "vitest";
import { readLinkData, writeLinkData } from "../../../../src/kernel/rtnl/link-data.ts";
import { Message } from "../../../../src/kernel/netlink/message.ts";
import type { LinkData, LinkType } from "../../../../src/net/link-type.ts";

const HEADER = 16;
const devices = { index: (name: string) => (name === "eth0" ? 7 : 0) };

function bytes(type: LinkType, data: LinkData): Buffer {
  const message = new Message(0, 0, 0);
  writeLinkData(message, devices, type, data);
  return message.buffer.subarray(HEADER, message.length);
}

const TYPES: readonly (readonly [LinkType, LinkData, string])[] = [
  // length 6, type 5, be16 0x8100, 2 bytes of padding; length 6, type 1, 10
  ["vlan", { protocol: "802.1Q", id: 10 }, "0600050081000000060001000a000000"],
  ["macvlan", { mode: "bridge" }, "0800010004000000"],
  ["ipvlan", { mode: "l3s" }, "0600010002000000"],
  ["vrf", { table: 100 }, "0800010064000000"],
  ["bond", { mode: "802.3ad", miimon: 100, lacp_rate: "fast" }, "050001000400000008000300640000000500150001000000"],
  ["ipip", { dev: 7, local: "10.0.0.1", remote: "10.0.0.2" }, "0800010007000000080002000a000001080003000a000002"],
  ["ip6tnl", { local: "fd00::1", mode: "ip6ip6" }, "14000200fd0000000000000000000000000000010500090029000000"],
];

describe("settings as attributes", () => {
  test.each(TYPES)("%s", (type, data, hex) => {
    const written = bytes(type, { ...data, ...(data["dev"] === undefined ? {} : { dev: "eth0" }) });
    expect(written.toString("hex")).toBe(hex);
    expect(readLinkData(type, written, 0, written.length)).toEqual(data);
  });

  test("a GRE key counts for both directions, and the flags are set", () => {
    const written = bytes("gre", { key: 5 });
    expect(written.toString("hex")).toBe("0800040000000005080005000000000506000200200000000600030020000000");
    expect(readLinkData("gre", written, 0, written.length)).toEqual({ key: 5 });
  });

  test("no address, no device and no key are left out", () => {
    const written = Buffer.from("080001000000000008000200000000000800040000000000", "hex");
    expect(readLinkData("ipip", written, 0, 16)).toEqual({});
    expect(readLinkData("gre", written, 16, 24)).toEqual({});
  });

  test("another type has none", () => expect(readLinkData("geneve", Buffer.alloc(0), 0, 0)).toBeUndefined());
});
