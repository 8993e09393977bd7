/** One proxy: the ports of a routing table in a namespace, and all that is kept while tables follow one another. */
import { SyscallError } from "../kernel/libc.ts";
import type { NetnsHandle } from "../kernel/netns.ts";
import { closeSocket } from "../kernel/socket.ts";
import type { RoutingTable } from "../routing/model.ts";
import { DatagramProxy } from "../services/proxy/datagram-proxy.ts";
import { openListener } from "../services/serve/listen.ts";
import { AccessLog } from "./access-log.ts";
import { Entry } from "./entry.ts";
import { chooseDatagramEndpoint } from "./datagrams.ts";
import type { HttpFront } from "./http-front.ts";
import { HeldWork } from "./held-work.ts";
import { Limits } from "./limits.ts";
import { ServedTable, type KeyPairs } from "./served-table.ts";
import type { ServingLimits } from "./serving-limits.ts";

type Opened = { readonly transport: "tcp" | "udp"; readonly port: number; readonly fd: number };

export class Proxy {
  readonly log = new AccessLog();
  readonly #handle: NetnsHandle;
  readonly #front: HttpFront;
  readonly #serving: ServingLimits;
  readonly #limits = new Limits();
  readonly #entries = new Map<number, Entry>();
  readonly #datagrams = new Map<number, DatagramProxy>();
  readonly #leaving = new Set<Entry>();
  readonly #held = new HeldWork();
  #served: ServedTable;

  constructor(handle: NetnsHandle, front: HttpFront, serving: ServingLimits) {
    this.#handle = handle;
    this.#front = front;
    this.#serving = serving;
    this.#served = new ServedTable(handle, { ports: [], backends: {} }, {});
  }

  get connections(): number {
    let sum = 0;
    for (const entry of [...this.#entries.values(), ...this.#leaving]) sum += entry.connections;
    return sum;
  }

  /**
   * Serves another table from the next request on; ports that stay are not closed. Throws where a port cannot be had (`tcp port 80 is
   * already in use`) or a certificate cannot be used: then all is as before.
   */
  set(table: RoutingTable, pairs: KeyPairs): void {
    const served = new ServedTable(this.#handle, table, pairs, this.#served);
    const opened = this.#open(table);
    this.#served = served;
    for (const { transport, port, fd } of opened) {
      if (transport === "tcp") this.#entries.set(port, this.#entry(port, fd));
      else this.#datagrams.set(port, this.#datagramPort(port, fd));
    }
    const wanted = new Set(table.ports.map(({ transport, port }) => `${transport} ${port}`));
    for (const [port, entry] of this.#entries) if (!wanted.has(`tcp ${port}`)) this.#retire(port, entry);
    for (const [port, proxy] of this.#datagrams) {
      if (wanted.has(`udp ${port}`)) continue;
      proxy.stop();
      this.#datagrams.delete(port);
    }
    served.retireOthers();
  }

  /** As after SIGSTOP: the kernel completes connections, requests wait. */
  pause(paused: boolean): void {
    this.#held.pause(paused);
  }

  /** With all its connections. */
  stop(): void {
    for (const entry of [...this.#entries.values(), ...this.#leaving]) entry.stop();
    for (const proxy of this.#datagrams.values()) proxy.stop();
    this.#entries.clear();
    this.#datagrams.clear();
    this.#leaving.clear();
    this.#served.stop();
  }

  #open(table: RoutingTable): readonly Opened[] {
    const opened: Opened[] = [];
    for (const { transport, port } of table.ports) {
      if ((transport === "tcp" ? this.#entries : this.#datagrams).has(port)) continue;
      try {
        opened.push({ transport, port, fd: openListener(this.#handle, transport, port) });
      } catch (error) {
        for (const { fd } of opened) closeSocket(fd);
        if (error instanceof SyscallError && error.code === "EADDRINUSE")
          throw Object.assign(new Error(`${transport} port ${port} is already in use`), { code: error.code });
        throw error;
      }
    }
    return opened;
  }

  #entry(port: number, fd: number): Entry {
    const place = (): { served: ServedTable; limits: Limits; log: AccessLog } => ({
      served: this.#served,
      limits: this.#limits,
      log: this.log,
    });
    return new Entry(fd, { port, front: this.#front, limits: this.#serving, held: this.#held, place });
  }

  #datagramPort(port: number, fd: number): DatagramProxy {
    const choose = (client: string): string | undefined => chooseDatagramEndpoint(this.#served, port, client, this.log);
    return new DatagramProxy(fd, this.#handle, { choose }, this.#serving.datagrams);
  }

  #retire(port: number, entry: Entry): void {
    this.#entries.delete(port);
    entry.retire();
    if (entry.connections > 0) this.#leaving.add(entry);
    for (const one of this.#leaving) if (one.connections === 0) this.#leaving.delete(one);
  }
}
