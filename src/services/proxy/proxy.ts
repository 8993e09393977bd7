/** Starts kube-proxy's userspace proxy of one Service port in its node's namespace. */
import type { RunningProxy } from "../../resources/proxy/apply.ts";
import type { NetnsHandle } from "../../kernel/netns.ts";
import type { ProxyResource, ProxySpec } from "../../resources/proxy/definition.ts";
import { openListener } from "../serve/listen.ts";
import { Balancer } from "./balancer.ts";
import { DatagramProxy } from "./datagram-proxy.ts";
import { StreamProxy } from "./stream-proxy.ts";

class Proxy implements RunningProxy {
  readonly #balancer: Balancer;
  readonly #carrier: StreamProxy | DatagramProxy;
  #spec: ProxySpec;

  constructor(spec: ProxySpec, handle: NetnsHandle) {
    this.#spec = spec;
    this.#balancer = new Balancer(spec);
    const fd = openListener(handle, spec.protocol, spec.port, spec.family);
    this.#carrier =
      spec.protocol === "udp"
        ? new DatagramProxy(fd, handle, this.#balancer)
        : new StreamProxy(fd, handle, this.#balancer);
  }

  get spec(): ProxySpec {
    return this.#spec;
  }

  get served(): ReadonlyMap<string, number> {
    return this.#balancer.served;
  }

  /** Existing connections stay with their endpoints. */
  update(spec: ProxySpec): void {
    this.#spec = spec;
    this.#balancer.update(spec);
  }

  retire(): void {
    this.#carrier.retire();
  }

  stop(): void {
    this.#carrier.stop();
  }
}

/** Listens before it returns. Throws SyscallError with code EADDRINUSE when the port is taken. */
export function startProxy(resource: ProxyResource, handle: NetnsHandle): RunningProxy {
  return new Proxy(resource, handle);
}
