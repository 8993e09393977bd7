/** The data plane: one process of a lab on a machine, which serves all of its layer 7 proxies. The agent that starts it says what. */
import { closeNetns, openNetns, type NetnsHandle } from "../kernel/netns.ts";
import { loadSystemCalls } from "../kernel/libc.ts";
import type {
  DataPlaneAnswer,
  DataPlaneRequest,
  DataPlaneStats,
  Numbered,
  ServedCertificate,
} from "../resources/l7/protocol.ts";
import { selfSigned } from "../services/serve/certificate.ts";
import type { KeyPair } from "./backend-tls.ts";
import { HttpFront } from "./http-front.ts";
import { Proxy } from "./proxy.ts";
import { SERVING_LIMITS } from "./serving-limits.ts";

interface Running {
  readonly proxy: Proxy;
  readonly handle: NetnsHandle;
}

const running = new Map<string, Running>();
const front = new HttpFront(SERVING_LIMITS);
let faults = 0;

function open({ name, inode }: { readonly name: string; readonly inode: number }): NetnsHandle {
  const handle = openNetns(name);
  if (handle.inode === inode) return handle;
  closeNetns(handle);
  throw new Error(`namespace ${name} is another one by now`);
}

function remove(id: string): void {
  const found = running.get(id);
  if (found === undefined) return;
  running.delete(id);
  found.proxy.stop();
  closeNetns(found.handle);
}

const made = new Map<string, KeyPair>();

/** Self-signed ones are made once. */
function pairOf(certificate: ServedCertificate): KeyPair {
  if (!("selfSigned" in certificate)) return certificate;
  const subject = certificate.selfSigned;
  let pair = made.get(subject);
  if (pair === undefined) {
    const { cert, key } = selfSigned(subject);
    made.set(subject, (pair = { certificate: cert, key }));
  }
  return pair;
}

const pairsOf = (certificates: Readonly<Record<string, ServedCertificate>>): Readonly<Record<string, KeyPair>> =>
  Object.fromEntries(Object.entries(certificates).map(([id, one]) => [id, pairOf(one)]));

function set({ id, netns, table, certificates, stopped }: Extract<DataPlaneRequest, { t: "set" }>): void {
  const before = running.get(id);
  if (before !== undefined && before.handle.inode !== netns.inode) remove(id);
  const known = running.get(id);
  if (known !== undefined) {
    known.proxy.set(table, pairsOf(certificates));
    return known.proxy.pause(stopped);
  }
  const handle = open(netns);
  const proxy = new Proxy(handle, front, SERVING_LIMITS);
  try {
    proxy.set(table, pairsOf(certificates));
  } catch (error) {
    proxy.stop();
    closeNetns(handle);
    throw error;
  }
  proxy.pause(stopped);
  running.set(id, { proxy, handle });
}

function stats(): DataPlaneStats {
  const { user, system } = process.cpuUsage();
  const proxies = [...running].map(
    ([id, { proxy }]) => [id, { connections: proxy.connections, requests: proxy.log.total }] as const,
  );
  return { rss: process.memoryUsage.rss(), cpu: user + system, faults, proxies: Object.fromEntries(proxies) };
}

function act(request: DataPlaneRequest): unknown {
  switch (request.t) {
    case "set":
      return set(request);
    case "remove":
      return remove(request.id);
    case "stats":
      return stats();
    case "log":
      return running.get(request.id)?.proxy.log.last(request.last) ?? [];
  }
}

function answer(request: Numbered<DataPlaneRequest>): DataPlaneAnswer {
  const { seq } = request;
  try {
    return { seq, result: act(request) };
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    return { seq, error: { message, code } };
  }
}

process.title = "k8snet-lab dataplane";
process.on("SIGHUP", () => {}); // the terminal closes, the lab stays
// One client's trouble is not that of the others; it is counted, and a test that finds one fails.
process.on("uncaughtException", (error) => {
  faults++;
  process.stderr.write(`${error.stack ?? String(error)}\n`);
});
process.on("message", (message) => process.send?.(answer(message as Numbered<DataPlaneRequest>)));
process.on("disconnect", () => process.exit(0));
loadSystemCalls();
