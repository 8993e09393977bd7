/** A DNS server on one port of a namespace, UDP and TCP: sockets in, zones asked, answers out. */
import { createServer, type Server, type Socket } from "node:net";
import { closeSocket } from "../../kernel/socket.ts";
import type { NetnsHandle } from "../../kernel/netns.ts";
import type { DnsServerSpec } from "../../resources/dns/zone.ts";
import type { DnsResource } from "../../resources/dns/definition.ts";
import { MessageStream, withLength } from "../probe/dns-stream.ts";
import { DatagramSocket } from "../serve/datagram-socket.ts";
import { openListener } from "../serve/listen.ts";
import { Forwarder } from "./forward.ts";
import { EMPTY, shuffleAddresses, type DnsReply } from "./reply.ts";
import { Responder } from "./responder.ts";
import { datagramLimit, decodeQuery, encodeReply } from "./wire.ts";

const MAX_MESSAGE = 0xffff;
/** A TCP client that has been idle for this long is closed. */
const IDLE_MS = 10_000;
const FAILED: DnsReply = { rcode: "SERVFAIL", authoritative: false, ...EMPTY };

export class DnsServer {
  readonly #forwarder: Forwarder;
  readonly #datagrams: DatagramSocket;
  readonly #streams: Server;
  readonly #connections = new Set<Socket>();
  #responder: Responder;
  #paused = false;
  #serial = Math.floor(Date.now() / 1000);

  /** Throws SyscallError with code EADDRINUSE when the port is taken. Listens before it returns. */
  constructor(spec: DnsServerSpec, handle: NetnsHandle) {
    this.#forwarder = new Forwarder(handle, spec);
    this.#responder = this.#respond(spec);
    const stream = openListener(handle, "tcp", spec.port);
    try {
      const datagram = openListener(handle, "udp", spec.port);
      this.#datagrams = new DatagramSocket(datagram, ({ bytes }, answer) => this.#answer(bytes, "udp", answer));
    } catch (error) {
      closeSocket(stream);
      throw error;
    }
    this.#streams = createServer((socket) => this.#accept(socket));
    this.#streams.listen({ fd: stream });
    this.#streams.unref();
  }

  /** Other records from the next question on. */
  update(spec: DnsServerSpec): void {
    this.#serial++;
    this.#forwarder.update(spec);
    this.#responder = this.#respond(spec);
  }

  /** Queries over TCP are taken, and answered later. */
  pause(paused: boolean): void {
    this.#paused = paused;
    this.#datagrams.pause(paused);
    for (const socket of this.#connections)
      if (paused) socket.pause();
      else socket.resume();
  }

  stop(): void {
    this.#datagrams.stop();
    this.#streams.close();
    for (const socket of this.#connections) socket.destroy();
    this.#forwarder.stop();
  }

  #respond(spec: DnsServerSpec): Responder {
    return new Responder(spec, this.#serial, (asked) => this.#forwarder.lookup(asked));
  }

  /** Calls back at once where no other server has to be asked. */
  #answer(bytes: Buffer, protocol: "udp" | "tcp", send: (answer: Buffer) => void): void {
    const query = decodeQuery(bytes);
    if (query === undefined) return;
    if (!("question" in query)) return send(query);
    const limit = protocol === "udp" ? datagramLimit(query) : MAX_MESSAGE;
    const say = (reply: DnsReply): void => send(encodeReply(query, shuffleAddresses(reply, Math.random), limit));
    const reply = this.#responder.answer(query);
    if (reply === "forward") {
      const relayed = this.#forwarder.relay(bytes, protocol, query.name);
      relayed.then((answer) => (answer === undefined ? say(FAILED) : send(answer))).catch(() => say(FAILED));
    } else if (reply instanceof Promise) reply.then(say).catch(() => say(FAILED));
    else say(reply);
  }

  #accept(socket: Socket): void {
    this.#connections.add(socket);
    const messages = new MessageStream();
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.on("close", () => this.#connections.delete(socket));
    socket.on("error", () => socket.destroy());
    if (this.#paused) socket.pause();
    socket.on("data", (bytes) => {
      for (const query of messages.take(bytes))
        this.#answer(query, "tcp", (answer) => {
          if (!socket.destroyed) socket.write(withLength(answer));
        });
    });
  }
}

/** The server of a resource. */
export function startDns(resource: DnsResource, handle: NetnsHandle): DnsServer {
  return new DnsServer(resource, handle);
}
