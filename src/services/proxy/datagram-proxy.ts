/** A Service port over UDP: each client's datagrams go to one endpoint from a socket of their own, which also receives the answers. */
import { EPOLLIN, reactor } from "../../kernel/reactor.ts";
import type { NetnsHandle } from "../../kernel/netns.ts";
import { decodeSockaddr } from "../../kernel/sockaddr.ts";
import { closeSocket, SocketMessage, receiveSocket, sendSocket, type ReturnPath } from "../../kernel/socket.ts";
import { answerFrom } from "../serve/local-address.ts";
import type { Balancer } from "./balancer.ts";
import { connectDatagrams } from "./endpoint.ts";

/** kube-proxy's udpIdleTimeout. */
const IDLE_MS = 250;
/** Looks at the clients within that time. Looks are counted, not milliseconds: a process that was not running heard no answers. */
const LOOKS = 5;
const MAX_DATAGRAMS = 64;
const message = new SocketMessage(64 * 1024);
const incoming = Buffer.from(new ArrayBuffer(64 * 1024));

interface Client {
  readonly fd: number;
  /** Where its answers go, and from which of our addresses. */
  readonly back: ReturnPath;
  /** Looks since its last datagram, either way. */
  silent: number;
}

export class DatagramProxy {
  readonly #fd: number;
  readonly #handle: NetnsHandle;
  readonly #balancer: Pick<Balancer, "choose">;
  readonly #idle: number;
  #stopped = false;
  readonly #clients = new Map<string, Client>();
  /** Runs while there are clients. */
  #looking: NodeJS.Timeout | undefined;

  /** Takes over a bound socket with IP_PKTINFO or IPV6_RECVPKTINFO. `idle`: milliseconds of silence until a client is new again. */
  constructor(fd: number, handle: NetnsHandle, balancer: Pick<Balancer, "choose">, idle = IDLE_MS) {
    this.#fd = fd;
    this.#handle = handle;
    this.#balancer = balancer;
    this.#idle = idle;
    reactor().watch(fd, EPOLLIN, () => this.#receive());
  }

  /** A client that has just asked may ask again: by rules that no longer lead here, and so reach another endpoint. */
  retire(): void {
    this.stop();
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    reactor().unwatch(this.#fd);
    closeSocket(this.#fd);
    for (const [name, client] of this.#clients) this.#forget(name, client);
  }

  #receive(): void {
    for (let i = 0; i < MAX_DATAGRAMS; i++) {
      const size = message.receive(this.#fd);
      if (size < 0) return; // EAGAIN, or the ICMP error of an earlier answer, which does not matter
      const own = answerFrom(message);
      const { address, port } = decodeSockaddr(message.name);
      const name = `${address} ${port} ${own}`;
      const client = this.#clients.get(name) ?? this.#meet(name, address);
      if (client === undefined) continue;
      client.silent = 0;
      sendSocket(client.fd, message.data.subarray(0, size)); // EAGAIN and refusals are loss, as with any UDP
    }
  }

  /** Undefined: no endpoint, or none that can be sent to. */
  #meet(name: string, address: string): Client | undefined {
    const endpoint = this.#balancer.choose(address);
    const fd = endpoint === undefined ? -1 : connectDatagrams(this.#handle, endpoint);
    if (fd < 0) return undefined;
    const client: Client = {
      fd,
      back: message.returnPath(),
      silent: 0,
    };
    this.#clients.set(name, client);
    this.#looking ??= setInterval(() => this.#look(), this.#idle / LOOKS);
    reactor().watch(fd, EPOLLIN, () => this.#answer(client));
    return client;
  }

  #answer(client: Client): void {
    for (let i = 0; i < MAX_DATAGRAMS; i++) {
      const size = receiveSocket(client.fd, incoming);
      if (size < 0) return; // EAGAIN, or the endpoint refused
      client.silent = 0;
      incoming.copy(message.data, 0, 0, size);
      message.sendBack(this.#fd, client.back, size);
    }
  }

  #look(): void {
    for (const [name, client] of this.#clients) {
      client.silent += 1;
      if (client.silent > LOOKS) this.#forget(name, client);
    }
  }

  #forget(name: string, { fd }: Client): void {
    this.#clients.delete(name);
    reactor().unwatch(fd);
    closeSocket(fd);
    if (this.#clients.size > 0) return;
    clearInterval(this.#looking);
    this.#looking = undefined;
  }
}
