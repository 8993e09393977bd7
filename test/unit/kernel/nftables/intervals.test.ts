import { describe, expect, it } from "vitest";
import { intervals } from "../../../../src/kernel/nftables/intervals.ts";

describe("intervals", () => {
  const texts = (networks: readonly string[]): readonly string[] =>
    intervals(networks, 4).map(({ key, end }) => `${end === true ? "until" : "from"} ${key.join(".")}`);

  it("merges what overlaps or adjoins, and begins at zero", () => {
    expect(texts(["10.1.0.0/16", "10.0.0.0/16", "10.0.1.0/24", "192.0.2.1"])).toEqual([
      "until 0.0.0.0",
      "from 10.0.0.0",
      "until 10.2.0.0",
      "from 192.0.2.1",
      "until 192.0.2.2",
    ]);
  });

  it("has no end where there is no address after it", () => {
    expect(texts(["0.0.0.0/0"])).toEqual(["from 0.0.0.0"]);
    expect(texts(["255.255.255.255/32"])).toEqual(["until 0.0.0.0", "from 255.255.255.255"]);
  });
});
