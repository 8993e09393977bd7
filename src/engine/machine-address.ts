/** At which addresses the machine of an engine may be reached by those of others. A probe decides which of them works. */
import { lookup } from "node:dns/promises";
import { isIPv4 } from "node:net";
import type { Engine } from "./engine.ts";

/** Devices of engines and of virtual machines: what is behind them is not reachable from outside. */
const INNER = /^(lo|docker|br-|veth|virbr|cni|vxlan)/;

export interface LookOptions {
  readonly image: string;
  /** Identifies leftovers of a killed lookup. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Best guess first: IPv4, none of the loopback. The image is run for a moment where the engine's address does not help. */
export async function machineAddresses(engine: Engine, options: LookOptions): Promise<readonly string[]> {
  const reported = [...(await hostAddresses(engine.address.host)), engine.facts.swarm.address ?? ""].filter(isOutside);
  return [...new Set(reported.length > 0 ? reported : await deviceAddresses(engine, options))];
}

function isOutside(address: string): boolean {
  return isIPv4(address) && !address.startsWith("127.") && address !== "0.0.0.0";
}

async function hostAddresses(host: string): Promise<readonly string[]> {
  if (!/^(tcp|https?|ssh):/.test(host)) return [];
  try {
    const { hostname } = new URL(host.replace(/^tcp:/, "http:"));
    return (await lookup(hostname, { all: true, family: 4 })).map(({ address }) => address);
  } catch {
    return []; // a name of the ssh configuration only
  }
}

/** Asked in a container that shares the machine's network namespace, and only looks. */
async function deviceAddresses(engine: Engine, { image, labels }: LookOptions): Promise<readonly string[]> {
  return engine.do("look at its machine's addresses", async (docker) => {
    const container = await docker.createContainer({
      Image: image,
      Cmd: ["ip", "-o", "-4", "address", "show", "up"],
      Labels: { ...labels },
      // Raw output, not in frames.
      Tty: true,
      HostConfig: { NetworkMode: "host" },
    });
    try {
      await container.start();
      await container.wait();
      const log = await container.logs({ stdout: true, stderr: false });
      // 2: eth0    inet 192.168.1.10/24 brd …
      const lines = log.toString("utf8").matchAll(/^\d+: (\S+) +inet ([0-9.]+)/gm);
      return [...lines].flatMap(([, dev = "", address = ""]) => (INNER.test(dev) ? [] : [address])).filter(isOutside);
    } finally {
      await container.remove({ force: true, v: true }).catch(() => undefined);
    }
  });
}
