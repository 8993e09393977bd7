import { expect, test } from "vitest";
import { relayScript } from "../../../src/hub/relay-script.ts";

const segment = {
  vni: 1,
  mtu: 1450,
  device: "02:42:C0:A8:32:FE",
  peers: [
    { address: "10.0.0.2", port: 47_001 },
    { address: "10.0.0.3", port: 47_002 },
  ],
  stations: [{ mac: "02:00:c0:a8:32:0c", address: "10.0.0.2", port: 47_001 }],
};

test("frames without a particular receiver go to all, others to the one that has the device", () => {
  const lines = relayScript([segment], "172.17.0.1", "node agent.js").split("\n");
  expect(lines.filter((line) => line.startsWith("bridge fdb"))).toEqual([
    "bridge fdb append 00:00:00:00:00:00 dev vx1 dst 10.0.0.2 port 47001",
    "bridge fdb append 00:00:00:00:00:00 dev vx1 dst 10.0.0.3 port 47002",
    "bridge fdb replace 02:00:c0:a8:32:0c dev vx1 dst 10.0.0.2 port 47001 self static",
  ]);
  expect(lines).toContain("ip route replace default via 172.17.0.1 dev eth0");
  expect(lines.indexOf("node agent.js --write-checksums vx1")).toBeGreaterThan(0);
});

test("run again it does nothing, unless something else is wanted", () => {
  const mark = (text: string): string | undefined => /= ([0-9a-f]{16}) \]/.exec(text)?.[1];
  const script = relayScript([segment], "172.17.0.1", "agent");
  expect(mark(script)).toBe(mark(relayScript([segment], "172.17.0.1", "agent")));
  expect(mark(script)).not.toBe(mark(relayScript([{ ...segment, mtu: 1400 }], "172.17.0.1", "agent")));
});

test("nothing but addresses gets into the shell's text", () => {
  expect(() => relayScript([segment], "1.2.3.4; reboot", "agent")).toThrow(TypeError);
  expect(() => relayScript([{ ...segment, device: "$(reboot)" }], "10.0.0.1", "agent")).toThrow(TypeError);
  const peers = [{ address: "`reboot`", port: 1 }];
  expect(() => relayScript([{ ...segment, peers }], "10.0.0.1", "agent")).toThrow(TypeError);
});
