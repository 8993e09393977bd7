/** Small networks for the kernel tests of servers, probes and traces: made with ip(8), removed at the end. */
import { execFileSync } from "node:child_process";
import { runProbes } from "../../src/services/probe/run-probes.ts";
import { startServer } from "../../src/services/serve/server.ts";
import type { RunningServer } from "../../src/resources/server/apply.ts";
import { closeNetns, createNetns, removeNetns } from "../../src/kernel/netns.ts";
import type { NetnsHandle } from "../../src/kernel/netns.ts";
import type { ServerResource } from "../../src/resources/server/definition.ts";

let count = 0;

export class ProbeNet {
  readonly #prefix = `probe${process.pid}x${++count}`;
  readonly #handles = new Map<string, NetnsHandle>();
  readonly #servers: RunningServer[] = [];

  constructor(...names: readonly string[]) {
    for (const name of names) {
      this.#handles.set(name, createNetns(this.host(name)));
      this.ip(name, "link set lo up");
      // no second of waiting for addresses that nobody else has
      for (const which of ["all", "default"]) this.sysctl(name, `net.ipv6.conf.${which}.accept_dad=0`);
    }
  }

  host(name: string): string {
    return `${this.#prefix}.${name}`;
  }

  readonly netns = (name: string): NetnsHandle => {
    const handle = this.#handles.get(name);
    if (handle === undefined) throw new Error(`no namespace ${name}`);
    return handle;
  };

  get all(): { ns: string; handle: NetnsHandle }[] {
    return [...this.#handles].map(([ns, handle]) => ({ ns, handle }));
  }

  /** Lines for `ip -batch` inside a namespace; `@NAME` stands for the host's name of another one. */
  ip(name: string, ...lines: readonly string[]): void {
    const input = lines.join("\n").replace(/@(\w+)/g, (_, other: string) => this.host(other));
    execFileSync("ip", ["-n", this.host(name), "-batch", "-"], { input, stdio: ["pipe", "ignore", "inherit"] });
  }

  run(name: string, ...argv: readonly string[]): string {
    return execFileSync("ip", ["netns", "exec", this.host(name), ...argv], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  iptables(name: string, ...args: readonly string[]): void {
    this.run(name, "iptables", ...args);
  }

  sysctl(name: string, setting: string): void {
    this.run(name, "sysctl", "-qw", setting);
  }

  serve(name: string, port: number, protocol: ServerResource["protocol"] = "tcp", hostname = name): RunningServer {
    const resource: ServerResource = {
      kind: "server", id: `server:${name}:${port}`, ns: name, node: "node1", protocol, port, hostname, podNamespace: "default",
      cause: { object: "test", reason: "test" },
    }; // prettier-ignore
    const server = startServer(resource, this.netns(name));
    this.#servers.push(server);
    return server;
  }

  /** Bridge ports, carriers and neighbours take a moment: until the first answer, for at most 20 s. */
  async ready(from: string, ...to: readonly string[]): Promise<void> {
    for (const address of to) {
      const ping = { kind: "ping", ns: from, to: address, timeout: 300, count: 1, df: false } as const;
      for (const end = performance.now() + 20_000; ;) {
        const [result] = await runProbes([ping], this.netns);
        if (result?.outcome === "open") break;
        if (performance.now() > end) throw new Error(`${address} does not answer ${from}: ${JSON.stringify(result)}`);
      }
    }
  }

  remove(): void {
    for (const server of this.#servers) server.stop();
    for (const [name, handle] of this.#handles) {
      closeNetns(handle);
      removeNetns(this.host(name));
    }
  }
}

/** client 10.0.1.2 <-> 10.0.1.1 router 10.0.2.1 <-> 10.0.2.2 server, with fd00:1::/64 and fd00:2::/64 beside it. */
export function routed(): ProbeNet {
  const net = new ProbeNet("client", "router", "server");
  net.ip(
    "router",
    "link add left type veth peer name eth0 netns @client",
    "link add right type veth peer name eth0 netns @server",
  );
  net.sysctl("router", "net.ipv4.ip_forward=1");
  net.sysctl("router", "net.ipv6.conf.all.forwarding=1");
  net.ip(
    "router",
    "addr add 10.0.1.1/24 dev left",
    "addr add 10.0.2.1/24 dev right",
    "addr add fd00:1::1/64 dev left nodad",
    "addr add fd00:2::1/64 dev right nodad",
    "link set left up",
    "link set right up",
  );
  net.ip(
    "client",
    "addr add 10.0.1.2/24 dev eth0",
    "addr add fd00:1::2/64 dev eth0 nodad",
    "link set eth0 up",
    "route add default via 10.0.1.1",
    "route add ::/0 via fd00:1::1",
  );
  net.ip(
    "server",
    "addr add 10.0.2.2/24 dev eth0",
    "addr add fd00:2::2/64 dev eth0 nodad",
    "link set eth0 up",
    "route add default via 10.0.2.1",
    "route add ::/0 via fd00:2::1",
  );
  return net;
}
