/**
 * The data plane alone: requests for each second of its processor time, the time of one request, how soon another table is served. The
 * process is the built one; client and backends are in namespaces of their own.
 */
import { fork, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { DataPlaneAnswer, DataPlaneRequest, DataPlaneStats } from "../../src/resources/l7/protocol.ts";
import type { RoutingTable } from "../../src/routing/model.ts";
import { ProbeNet } from "../kernel/probe-net.ts";
import { median, missedTargets, root, target } from "./measure.ts";

const cause = { object: "bench", reason: "bench" };
const NAMES = ["client", "a", "b"] as const;

interface Loaded {
  readonly done: number;
  readonly failed: number;
  /** Milliseconds. */
  readonly p50: number;
}

function table(version: string): RoutingTable {
  const forward = { kind: "forward", to: [{ backend: "web", weight: 1, cause }] } as const;
  const answer = { kind: "answer", answer: { status: 200, body: version, cause } } as const;
  const routes = [
    { name: "version", match: { path: { kind: "exact", value: "/version" } }, filters: [], action: answer, cause },
    { name: "web", match: { path: { kind: "prefix", value: "/" } }, filters: [], action: forward, cause },
  ] as const;
  const hosts = [{ hostname: "shop.example", wildcard: "one", routes, cause }] as const;
  const otherwise = { status: 404, cause };
  const listener = { name: "http", protocol: "http", certificates: [], hosts, otherwise, cause } as const;
  const endpoints = [3, 4].map((last) => ({ address: `10.0.0.${last}`, port: 80 }));
  return {
    ports: [{ port: 80, transport: "tcp", listeners: [listener] }],
    backends: { web: { protocol: "http1", balance: "round-robin", endpoints, cause } },
  };
}

class Bench {
  readonly #net = new ProbeNet("proxy", ...NAMES);
  readonly #child: ChildProcess = fork(join(root, "dist/dataplane.js"), {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  #seq = 0;

  async ready(): Promise<void> {
    const net = this.#net;
    const cables = NAMES.flatMap((name) => [
      `link add v${name} type veth peer name eth0 netns @${name}`,
      `link set v${name} master br0 up`,
    ]);
    net.ip("proxy", "link add br0 type bridge", "link set br0 up", "addr add 10.0.0.1/24 dev br0", ...cables);
    for (const [i, name] of NAMES.entries()) net.ip(name, `addr add 10.0.0.${i + 2}/24 dev eth0`, "link set eth0 up");
    await net.ready("client", "10.0.0.1", "10.0.0.3", "10.0.0.4");
    for (const name of ["a", "b"]) net.serve(name, 80);
  }

  async ask(request: DataPlaneRequest): Promise<unknown> {
    const seq = ++this.#seq;
    this.#child.send({ ...request, seq });
    for (;;) {
      const [answer] = (await once(this.#child, "message")) as [DataPlaneAnswer];
      if (answer.seq !== seq) continue;
      if (answer.error !== undefined) throw new Error(answer.error.message);
      return answer.result;
    }
  }

  async set(version: string): Promise<void> {
    const netns = { name: this.#net.host("proxy"), inode: this.#net.netns("proxy").inode };
    await this.ask({ t: "set", id: "bench", netns, table: table(version), stopped: false, certificates: {} });
  }

  async load(...args: readonly string[]): Promise<string> {
    const script = join(import.meta.dirname, "l7-client.ts");
    const argv = ["netns", "exec", this.#net.host("client"), process.execPath, script, ...args];
    const child = spawn("ip", argv, { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
    const seen = once(child, "close");
    if (args[0] === "version") {
      while (!said.includes("ready")) await once(child.stdout, "data");
      for (let n = 1; n <= 20; n++) {
        const begin = process.hrtime.bigint();
        await this.set(`v${n} ${begin}`);
        while (!said.includes(`v${n} `)) await once(child.stdout, "data");
      }
      child.kill();
    }
    await seen;
    return said;
  }

  remove(): void {
    this.#child.kill();
    this.#net.remove();
  }
}

export async function benchL7(seconds: number): Promise<void> {
  const bench = new Bench();
  try {
    await bench.ready();
    await bench.set("v0 0");
    await bench.load("load", "16", "1"); // what is compiled on the way is not measured
    const before = (await bench.ask({ t: "stats" })) as DataPlaneStats;
    const many = JSON.parse(await bench.load("load", "32", String(seconds))) as Loaded;
    const after = (await bench.ask({ t: "stats" })) as DataPlaneStats;
    const rate = many.done / ((after.cpu - before.cpu) / 1e6);
    console.log(`l7: ${many.done} requests in ${seconds} s, ${rate.toFixed(0)} for each second of its processor time`);
    console.log(`l7: ${(after.rss / 1e6).toFixed(0)} MB under load`);
    target("l7: processor time of 2000 requests", 2000 / rate, 1, "s", 2);
    target("l7: requests that failed", many.failed + after.faults, 0, "");
    const one = JSON.parse(await bench.load("load", "1", String(seconds))) as Loaded;
    target("l7: a request alone, median", one.p50, 0.6, "ms", 2);
    const times = [...(await bench.load("version")).matchAll(/^v\d+ \d+ ([\d.]+)$/gm)].map(([, ms]) => Number(ms));
    if (times.length < 10) missedTargets.push("l7: tables were not seen");
    target("l7: until another table is served", median(times), 20, "ms", 1);
  } finally {
    bench.remove();
  }
}
