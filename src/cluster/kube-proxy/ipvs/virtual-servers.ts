/** Virtual servers of a node as `ipvsadm --save -n` writes them. */
import { because, type Cause } from "../../../cause.ts";
import type { Spec } from "../../../fabric/topology.ts";
import { joinHostPort } from "../../../net/host-port.ts";
import type { ProxyEndpoint } from "../endpoints.ts";

/** How ipvsadm names a protocol. */
const PROTOCOL_WORD = { tcp: "-t", udp: "-u", sctp: "--sctp-service" } as const;

/** `-t 10.96.0.1:443`. */
export function serverAt(protocol: keyof typeof PROTOCOL_WORD, address: string, port: number): string {
  return `${PROTOCOL_WORD[protocol]} ${joinHostPort(address, port)}`;
}

export interface VirtualServer {
  /** `-t 10.96.0.1:443`; `-f 8000`, `-f 8000 -6`: of packets with a mark. */
  readonly at: string;
  readonly scheduler: string;
  /** Options of the scheduler: `mh-port`. */
  readonly flags?: string | undefined;
  readonly affinitySeconds?: number | undefined;
  /** How packets get to a real server; default: translated. */
  readonly method?: "tunnel" | undefined;
  readonly cause: Cause;
}

export class VirtualServers {
  readonly #lines: Spec<"ipvs">["lines"][number][] = [];
  readonly #seen = new Set<string>();

  get lines(): Spec<"ipvs">["lines"] {
    return this.#lines;
  }

  /** `name`: of the Service's port. One that exists already, another Service's by mistake, stays as it is. */
  add(
    { at, scheduler, flags, affinitySeconds, method, cause }: VirtualServer,
    name: string,
    reals: readonly Pick<ProxyEndpoint, "text" | "cause">[],
  ): void {
    if (this.#seen.has(at)) return;
    this.#seen.add(at);
    const sticky = affinitySeconds === undefined ? "" : ` -p ${affinitySeconds}`;
    const options = flags === undefined ? "" : ` -b ${flags}`;
    this.#lines.push({ text: `-A ${at} -s ${scheduler}${sticky}${options}`, cause });
    for (const real of reals)
      this.#lines.push({
        text: `-a ${at} -r ${real.text} ${method === "tunnel" ? "-i -w 1 --tun-type ipip" : "-m -w 1"}`,
        cause: because(real.cause, `${name}: the endpoint ${real.text}`),
      });
  }
}
