/** What connection tracking keeps of a probe's flow, in namespaces that have rules: its events while the probe is under way. */
import { ConntrackSocket, lookUpFlow } from "../../kernel/conntrack-events.ts";
import type { NetnsHandle } from "../../kernel/netns.ts";
import { EPOLLIN, reactor } from "../../kernel/reactor.ts";
import { joinHostPort } from "../../net/host-port.ts";
import { CT_STATUS, type ConntrackEntry, type Tuple } from "../../kernel/conntrack-entry.ts";
import type { FlowEnds, TracedFlow } from "./protocol.ts";

/** Of each namespace: other connections begin at the same time. */
const MOST = 2000;

interface Ear {
  readonly ns: string;
  readonly handle: NetnsHandle;
  readonly socket: ConntrackSocket;
}

export class FlowTracker {
  readonly #ears: Ear[] = [];
  readonly #flows: TracedFlow[] = [];

  /** Listens from now on in those of the namespaces that are `chosen`; where the kernel has no ctnetlink, to nothing. */
  start(namespaces: readonly { readonly ns: string; readonly handle: NetnsHandle }[], chosen: readonly string[]): void {
    for (const { ns, handle } of namespaces) {
      if (!chosen.includes(ns)) continue;
      try {
        const socket = new ConntrackSocket(handle);
        this.#ears.push({ ns, handle, socket });
        reactor().watch(socket.fd, EPOLLIN, () => this.#drain(ns, socket));
      } catch {
        // no events here: what is known is what rules report
      }
    }
  }

  /** `passed`: the ends of the probe's packets by namespace; a flow that was there before is looked up. */
  stop(passed: ReadonlyMap<string, readonly Tuple[]>): readonly TracedFlow[] {
    const ears = this.#ears.splice(0);
    for (const { ns, socket } of ears) {
      reactor().unwatch(socket.fd);
      this.#drain(ns, socket);
      socket.close();
    }
    for (const { ns, handle } of ears) {
      const seen = new Set(this.#flows.flatMap((flow) => (flow.ns === ns ? [flow.id] : [])));
      for (const tuple of passed.get(ns) ?? []) {
        const entry = lookUpFlow(handle, tuple);
        const flow = entry === undefined ? undefined : flowOf(ns, entry, false);
        if (flow === undefined || seen.has(flow.id)) continue;
        seen.add(flow.id);
        this.#flows.push(flow);
      }
    }
    return this.#flows;
  }

  #drain(ns: string, socket: ConntrackSocket): void {
    socket.read(({ entry, created }) => {
      if (this.#flows.length < MOST) this.#flows.push(flowOf(ns, entry, created));
    });
  }
}

function endsOf({ source, sourcePort, destination, destinationPort, icmpId }: Tuple): FlowEnds {
  const end = (address: string, port: number): string => (port === 0 ? address : joinHostPort(address, port));
  const ends = { from: end(source, sourcePort), to: end(destination, destinationPort) };
  return icmpId === undefined ? ends : { ...ends, icmpId };
}

function flowOf(ns: string, entry: ConntrackEntry, created: boolean): TracedFlow {
  const { original, reply, status, mark, zone, timeout, tcp, key } = entry;
  return {
    ns,
    id: Buffer.from(key.id).readUInt32BE(0),
    created,
    replied: (status & CT_STATUS.seenReply) !== 0,
    original: endsOf(original),
    reply: endsOf(reply),
    mark,
    zone,
    ...(timeout === undefined ? {} : { timeout }),
    ...(tcp === undefined ? {} : { tcp }),
  };
}
