/** Real tcpdump processes in real namespaces:  red(eth0) <-> (eth0)blue */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Captures } from "../../src/services/capture/tcpdump.ts";
import type { PacketLine } from "../../src/services/capture/protocol.ts";
import { spawnIn } from "../../src/apply/spawn.ts";
import { decodeCaptures } from "../../src/capture/decode-capture.ts";
import { formatPacket } from "../../src/capture/format-packet.ts";
import { joinPcaps, readPcap } from "../../src/capture/pcap.ts";
import { mergeCaptures } from "../../src/capture/pcapng.ts";
import type { LabError } from "../../src/errors.ts";
import { closeNetns, createNetns, removeNetns } from "../../src/kernel/netns.ts";
import type { NetnsHandle } from "../../src/kernel/netns.ts";

const NAMES = { red: `check-cap-red-${process.pid}`, blue: `check-cap-blue-${process.pid}` } as const;
const handles = new Map<string, NetnsHandle>();
const netns = (ns: string): NetnsHandle => {
  const handle = handles.get(ns);
  if (handle === undefined) throw new Error(`no namespace ${ns}`);
  return handle;
};
const folder = mkdtempSync(join(tmpdir(), "check-cap-"));
let captures: Captures;
const ip = (...args: string[]): string => execFileSync("ip", args, { encoding: "utf8" });
const inside = (ns: keyof typeof NAMES, ...argv: string[]): string => ip("netns", "exec", NAMES[ns], ...argv);

beforeAll(() => {
  for (const [ns, name] of Object.entries(NAMES)) handles.set(ns, createNetns(name));
  ip("-n", NAMES.red, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", NAMES.blue);
  for (const [ns, address] of [
    ["red", "10.9.0.1/24"],
    ["blue", "10.9.0.2/24"],
  ] as const) {
    ip("-n", NAMES[ns], "addr", "add", address, "dev", "eth0");
    ip("-n", NAMES[ns], "link", "set", "eth0", "up");
    ip("-n", NAMES[ns], "link", "set", "lo", "up");
  }
  captures = new Captures(netns, folder, spawnIn);
});
afterEach(() => captures.stopAll());
afterAll(() => {
  for (const [ns, name] of Object.entries(NAMES)) {
    closeNetns(netns(ns));
    removeNetns(name);
  }
  rmSync(folder, { recursive: true });
});

describe("tcpdump at two places", () => {
  test("every packet of a ping is in both files after flush, and the merged pcapng reads back with tcpdump", async () => {
    const started = await captures.start({
      name: "both",
      at: [
        { ns: "red", iface: "eth0" },
        { ns: "blue", iface: "eth0" },
      ],
      filter: "icmp",
      snaplen: 262_144,
    });
    expect(started.map((file) => `${file.ns}/${file.iface}`)).toEqual(["red/eth0", "blue/eth0"]);
    inside("red", "ping", "-c", "20", "-i", "0.002", "-q", "10.9.0.2");
    const files = await captures.flush("both");
    expect(files.map((file) => file.packets)).toEqual([40, 40]);
    const packets = decodeCaptures(
      files.map((file) => ({ where: file.ns, iface: file.iface, data: readFileSync(file.path) })),
    );
    expect(packets).toHaveLength(80);
    expect(packets.slice(0, 4).map((one) => one.place)).toEqual(["red/eth0", "blue/eth0", "blue/eth0", "red/eth0"]);
    const merged = join(folder, "merged.pcapng");
    writeFileSync(
      merged,
      mergeCaptures(files.map((file) => ({ place: `${file.ns}/${file.iface}`, data: readFileSync(file.path) }))),
    );
    const lines = execFileSync("tcpdump", ["-nr", merged], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })
      .trim()
      .split("\n");
    expect(lines).toHaveLength(80);
    expect(lines[0]).toMatch(/IP 10\.9\.0\.1 > 10\.9\.0\.2: ICMP echo request, id \d+, seq 1, length 64/);
    expect(lines[3]).toMatch(/IP 10\.9\.0\.2 > 10\.9\.0\.1: ICMP echo reply, id \d+, seq 1, length 64/);
  });

  test("a file on any (cooked) and one on a device merge into one that tcpdump reads", async () => {
    await captures.start({
      name: "mixed",
      at: [{ ns: "red" }, { ns: "blue", iface: "eth0" }],
      filter: "icmp",
      snaplen: 262_144,
    });
    inside("red", "ping", "-c", "1", "-q", "10.9.0.2");
    const files = await captures.stop("mixed");
    expect(files.map((file) => file.packets)).toEqual([2, 2]);
    const merged = join(folder, "mixed.pcapng");
    writeFileSync(
      merged,
      mergeCaptures(files.map((file) => ({ place: `${file.ns}/${file.iface}`, data: readFileSync(file.path) }))),
    );
    const lines = execFileSync("tcpdump", ["-nr", merged], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })
      .trim()
      .split("\n");
    expect(lines.map((line) => /echo (request|reply)/.exec(line)?.[1])).toEqual([
      "request",
      "request",
      "reply",
      "reply",
    ]);
  });

  test("flush is complete even on lo in a burst, where the kernel counts packets twice", async () => {
    await captures.start({ name: "lo", at: [{ ns: "red", iface: "lo" }], filter: "icmp", snaplen: 262_144 });
    for (let round = 1; round <= 5; round++) {
      inside("red", "ping", "-c", "30", "-f", "-q", "127.0.0.1");
      const [file] = await captures.flush("lo");
      expect(file).toMatchObject({ packets: round * 60, dropped: 0 });
      expect(decodeCaptures([{ where: "red", iface: "lo", data: readFileSync(file?.path ?? "") }])).toHaveLength(
        round * 60,
      );
    }
  });
});

test("follow gives decoded lines while the file grows, with the device's name on any", async () => {
  await captures.start({ name: "live", at: [{ ns: "blue" }], filter: "udp port 9", snaplen: 262_144 });
  const lines: PacketLine[] = [];
  const { promise: two, resolve } = Promise.withResolvers<void>();
  const end = captures.follow({ name: "live" }, (line) => {
    lines.push(line);
    if (lines.length === 2) resolve();
  });
  const before = Date.now() / 1000;
  inside("red", "bash", "-c", "echo hello > /dev/udp/10.9.0.2/9; echo again > /dev/udp/10.9.0.2/9");
  await two;
  end();
  expect(lines.map((line) => [line.capture, line.place])).toEqual([
    ["live", "blue/eth0"],
    ["live", "blue/eth0"],
  ]);
  expect(lines[0]?.text).toMatch(/^IP 10\.9\.0\.1\.\d+ > 10\.9\.0\.2\.9: UDP, length 6$/);
  expect(Math.abs((lines[0]?.time ?? 0) - before)).toBeLessThan(5);
});

describe("what goes wrong is reported in words", () => {
  test.each([
    ["udp prt 53", "syntax error"],
    ["vlan 5000", "VLAN tag 5000 greater than maximum"],
    ["net 10.0.0.1/24", "non-network bits set"],
    ["src pod/client", "unknown host 'pod'"],
  ])("a bad filter is named (%s), and all its processes end", async (filter, complaint) => {
    const start = captures.start({
      name: "bad",
      at: [
        { ns: "red", iface: "eth0" },
        { ns: "blue", iface: "eth0" },
      ],
      filter,
      snaplen: 262_144,
    });
    const { code, message } = await start.then(
      () => ({}) as LabError,
      (error: LabError) => error,
    );
    expect([code, message]).toEqual(["EUSAGE", expect.stringContaining(`capture at red/eth0: filter "${filter}": `)]);
    expect(message).toContain(complaint);
    expect(captures.count).toBe(0);
  });

  test("a filter is never an option", async () => {
    await expect(
      captures.start({ name: "opt", at: [{ ns: "red", iface: "eth0" }], filter: "-D", snaplen: 262_144 }),
    ).rejects.toMatchObject({ code: "EUSAGE" });
  });

  test("a device that does not exist", async () => {
    await expect(
      captures.start({ name: "gone", at: [{ ns: "red", iface: "eth7" }], snaplen: 262_144 }),
    ).rejects.toMatchObject({ code: "EBUILD", message: expect.stringContaining("eth7") as string });
  });

  test("a capture that was never started", async () => {
    await expect(captures.flush("nobody")).rejects.toMatchObject({ code: "ENOCAPTURE" });
  });
});

test("starting twice with the same parameters continues the same file", async () => {
  const params = { name: "twice", at: [{ ns: "red", iface: "eth0" }], filter: "icmp", snaplen: 262_144 };
  await captures.start(params);
  inside("red", "ping", "-c", "1", "-q", "10.9.0.2");
  const [again] = await captures.start(params);
  expect(again?.packets).toBe(2);
  expect(captures.count).toBe(1);
});

test("works rootless: an ordinary user's id, with capabilities only in its own user namespace", async () => {
  const source = (path: string): string => JSON.stringify(join(process.cwd(), path));
  const own = mkdtempSync(join(tmpdir(), "check-rootless-"));
  const file = join(own, "run.mjs");
  writeFileSync(
    file,
    `import { Captures } from ${source("src/services/capture/tcpdump.ts")};
    import { spawnIn } from ${source("src/apply/spawn.ts")};
    import { openSync } from "node:fs";
    import { execFileSync } from "node:child_process";
    execFileSync("ip", ["link", "set", "lo", "up"]);
    const home = { name: "self", fd: openSync("/proc/self/ns/net"), inode: 1 };
    const captures = new Captures(() => home, process.argv[2], spawnIn);
    await captures.start({ name: "r", at: [{ ns: "n", iface: "lo" }], filter: "udp port 9", snaplen: 65535 });
    execFileSync("bash", ["-c", "echo x > /dev/udp/127.0.0.1/9"]);
    console.log((await captures.flush("r"))[0].packets);
    await captures.stopAll();`,
  );
  execFileSync("chown", ["-R", "nobody", own]);
  const argv = [
    "--reuid",
    "nobody",
    "--regid",
    "nogroup",
    "--clear-groups",
    "unshare",
    "-Unm",
    "--map-current-user",
    "--keep-caps",
    process.execPath,
    file,
    own,
  ];
  const out = execFileSync("setpriv", argv, { encoding: "utf8", env: { PATH: process.env["PATH"] ?? "", HOME: own } });
  rmSync(own, { recursive: true });
  expect(out.trim()).toBe("1");
});

test("formatted lines say what tcpdump says", async () => {
  // Neighbour discovery and multicast reports of IPv6 come when they like, and are worded at greater length by tcpdump.
  await captures.start({ name: "fmt", at: [{ ns: "blue", iface: "eth0" }], filter: "arp or tcp", snaplen: 262_144 });
  ip("-n", NAMES.red, "neigh", "flush", "dev", "eth0");
  ip("-n", NAMES.blue, "neigh", "flush", "dev", "eth0");
  inside("red", "bash", "-c", "exec 3<>/dev/tcp/10.9.0.2/81 || true");
  const [file] = await captures.stop("fmt");
  const theirs = execFileSync("tcpdump", ["-nSt", "-r", file?.path ?? ""], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  })
    .trim()
    .split("\n");
  const ours = decodeCaptures([{ where: "blue", iface: "eth0", data: readFileSync(file?.path ?? "") }]).map((one) =>
    formatPacket(one.packet),
  );
  // Options and lengths of ARP are left out in ours.
  const plain = (line: string): string => line.replace(/, options \[.*?\]/, "").replace(/^(ARP,.*), length \d+$/, "$1");
  expect(ours).toEqual(theirs.map(plain).map((line) => line.replace(/ \(oui [^)]*\)/, "")));
  expect(ours.some((line) => line.includes("Flags [S]"))).toBe(true);
  expect(ours.some((line) => line.startsWith("ARP, Request who-has 10.9.0.2 tell 10.9.0.1"))).toBe(true);
});

test("a full capture continues with the newest packets, reports it, and is followed from segment to segment", async () => {
  await captures.start({
    name: "full",
    at: [{ ns: "red", iface: "eth0" }],
    filter: "icmp",
    snaplen: 65_535,
    declared: 24,
  });
  const seen: PacketLine[] = [];
  const stop = captures.follow({ name: "full" }, (line) => seen.push(line));
  const quiet: PacketLine[] = [];
  const stopQuiet = captures.follow({ name: "full", quiet: true }, (line) => quiet.push(line));
  // 24 places: two segments of a megabyte each. A ping of 8,000 bytes is 6 fragments there and 6 back; 400 are more than 6 MB.
  for (let round = 0; round < 4; round++)
    inside("red", "ping", "-c", "100", "-i", "0.002", "-s", "8000", "-q", "10.9.0.2");
  inside("red", "ping", "-c", "1", "-s", "77", "-q", "10.9.0.2");
  const [file] = await captures.flush("full");
  expect(file?.wrapped).toBe(2_000_000);
  expect(file?.parts).toHaveLength(2);
  const { packets } = readPcap(joinPcaps((file?.parts ?? []).map((part) => readFileSync(part))));
  expect(packets.length).toBe(file?.packets);
  expect(packets.map(({ length }) => length).slice(-2)).toEqual([119, 119]);
  expect(packets.toSorted((a, b) => Number(a.time - b.time))).toEqual(packets);
  await expect.poll(() => seen.length, { timeout: 5000 }).toBeGreaterThan(packets.length);
  const notes = seen.filter(({ wrapped }) => wrapped !== undefined);
  expect(notes).toMatchObject([{ place: "red/eth0", wrapped: 2_000_000 }]);
  await expect.poll(() => quiet.map(({ wrapped }) => wrapped)).toEqual([2_000_000]);
  stop();
  stopQuiet();
  await captures.stop("full");
});
