/** A plain HTTP/2 connection as HBONE makes it, between two namespaces, captured as `capture` does:  red(eth0) <-> (eth0)blue */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { spawnIn } from "../../src/apply/spawn.ts";
import { decodeCaptures } from "../../src/capture/decode-capture.ts";
import { closeNetns, createNetns, removeNetns, type NetnsHandle } from "../../src/kernel/netns.ts";
import type { PacketLine } from "../../src/services/capture/protocol.ts";
import { Captures } from "../../src/services/capture/tcpdump.ts";
import { eventually } from "../wait.ts";

const NAMES = { red: `check-h2-red-${process.pid}`, blue: `check-h2-blue-${process.pid}` } as const;
const folder = mkdtempSync(join(tmpdir(), "check-h2-"));
const handles = new Map<string, NetnsHandle>();
let captures: Captures;
const ip = (...args: string[]): string => execFileSync("ip", args, { encoding: "utf8" });

beforeAll(() => {
  for (const [ns, name] of Object.entries(NAMES)) handles.set(ns, createNetns(name));
  ip("-n", NAMES.red, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", NAMES.blue);
  for (const [name, address] of [
    [NAMES.red, "10.9.0.1/24"],
    [NAMES.blue, "10.9.0.2/24"],
  ] as const) {
    ip("-n", name, "addr", "add", address, "dev", "eth0");
    ip("-n", name, "link", "set", "eth0", "up");
  }
  captures = new Captures(
    (ns) => {
      const handle = handles.get(ns);
      if (handle === undefined) throw new Error(`no namespace ${ns}`);
      return handle;
    },
    folder,
    spawnIn,
  );
});
afterAll(async () => {
  await captures.stopAll();
  for (const [ns, name] of Object.entries(NAMES)) {
    const handle = handles.get(ns);
    if (handle !== undefined) closeNetns(handle);
    removeNetns(name);
  }
  rmSync(folder, { recursive: true });
});

const SERVER = `
const server = require("node:http2").createServer();
server.on("stream", (stream, headers) => {
  stream.respond({ ":status": headers[":authority"].endsWith(":80") ? 200 : 503 });
  stream.resume().on("end", () => stream.end("x".repeat(50_000)));
});
server.listen(15008, () => console.log("listening"));
`;
const CLIENT = `
const { once } = require("node:events");
const session = require("node:http2").connect("http://10.9.0.2:15008");
(async () => {
  for (const authority of ["10.244.1.2:80", "10.244.1.2:80", "10.244.1.9:81"]) {
    const stream = session.request({ ":method": "CONNECT", ":authority": authority, baggage: "k8s.namespace.name=default" });
    stream.resume().end("y".repeat(20_000));
    await once(stream, "close");
  }
  session.close();
})();
`;

test("CONNECT and its answer are in the lines, live and from the file", async () => {
  const server = spawn("ip", ["netns", "exec", NAMES.blue, process.execPath, "-e", SERVER], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(server.stdout, "data");
  const at = [
    { ns: "red", iface: "eth0" },
    { ns: "blue", iface: undefined },
  ];
  await captures.start({ name: "h2", at, filter: "tcp port 15008", snaplen: 262_144 });
  const live: PacketLine[] = [];
  captures.follow({ name: "h2" }, (line) => live.push(line));
  ip("netns", "exec", NAMES.red, process.execPath, "-e", CLIENT);
  const files = await captures.stop("h2");
  const total = files.reduce((sum, file) => sum + file.packets, 0);
  await eventually(
    () => live.length,
    (seen) => seen === total,
  );
  const gone = once(server, "exit");
  server.kill();
  await gone;

  const expected = [
    "stream 1: CONNECT 10.244.1.2:80",
    "stream 1: 200",
    "stream 3: CONNECT 10.244.1.2:80",
    "stream 3: 200",
    "stream 5: CONNECT 10.244.1.9:81",
    "stream 5: 503",
  ];
  const streams = (text: string): string[] => text.match(/stream \d+: (?:CONNECT [\d.:]+|\d+)/g) ?? [];
  for (const { ns, iface, path } of files) {
    const packets = decodeCaptures([{ where: ns, iface, data: readFileSync(path) }]);
    expect(packets.flatMap(({ packet }) => streams(packet.http ?? ""))).toEqual(expected);
    const lines = live.filter(({ place }) => place.startsWith(`${ns}/`));
    expect(lines.flatMap(({ text }) => streams(text))).toEqual(expected);
  }
});
