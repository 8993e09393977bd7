/** Methods for labs on several machines: what the hub asks of this machine's agent. */
import { closeSync, openSync, readSync, realpathSync } from "node:fs";
import { preparePorts } from "../apply/ports.ts";
import { UsageError } from "../errors.ts";
import type { AdoptedLab } from "./adopted-lab.ts";
import type { MethodTable } from "./connection.ts";
import { takeHeld } from "./held-packets.ts";
import type { LabSession } from "./lab-session.ts";
import { nameFiles, namespacesThatDeny } from "./methods-traffic.ts";
import type { MachineMethods } from "./protocol-machine.ts";
import type { DeniedFlow } from "../services/probe/protocol.ts";
import type { CapturedPacketText, DroppedPacketText } from "./protocol-machine.ts";
import type { DroppedIn, DropListener } from "../services/trace/drop-listener.ts";
import type { FlowTracker } from "../services/trace/flow-tracker.ts";
import type { RuleTracer } from "../services/trace/rule-tracer.ts";
import type { Listener } from "../services/trace/listener.ts";
import type { CapturedPacket } from "../services/trace/order.ts";

type MachineMethod =
  | "machine"
  | "watch"
  | "listen"
  | "captured"
  | "traceHere"
  | "listenForDenials"
  | "leaveDenials"
  | "denied"
  | "captureRead";

/** Milliseconds after which what was captured is dropped. */
const LISTEN_LIMIT = 30_000;
/** Bytes of a capture's file in one reply. */
const PART = 1024 * 1024;

/** What listens for one trace, until the hub takes what it has. */
interface Listening {
  readonly listener: Listener;
  readonly tracer: RuleTracer;
  readonly tracker: FlowTracker;
  readonly dropped: DropListener;
  readonly rules: MachineMethods["listen"]["params"]["rules"];
  readonly timer: NodeJS.Timeout;
}

export function machineMethods(session: LabSession<AdoptedLab>): Pick<MethodTable, MachineMethod> {
  const listeners = new Map<string, Listening>();
  const denialListeners = new Map<string, AbortController>();
  let endWatch = (): void => undefined;
  const namespaces = (): { ns: string; handle: ReturnType<typeof session.lab.runtime.netns> }[] => {
    const { runtime } = session.lab;
    return runtime.namespaces.map((ns) => ({ ns, handle: runtime.netns(ns) }));
  };
  return {
    machine: (params) => {
      const { runtime } = session.lab;
      runtime.machine = params;
      return { missing: preparePorts(runtime) };
    },
    watch: (_params, { emit }) => {
      endWatch();
      session.lab.watch((isNews) => emit({ isNews }));
      return new Promise((resolve) => {
        endWatch = () => resolve({});
      });
    },
    listen: async ({ id, rules }) => {
      const { Listener, realTime } = await import("../services/trace/listener.ts");
      const { packetStamps } = await import("../kernel/packet-stamps.ts");
      await packetStamps();
      const { RuleTracer: Tracer } = await import("../services/trace/rule-tracer.ts");
      const { FlowTracker: Flows } = await import("../services/trace/flow-tracker.ts");
      const { matchOf } = await import("../services/trace/probe-match.ts");
      const { DropListener: Drops } = await import("../services/trace/drop-listener.ts");
      const [tracer, tracker, dropped] = [new Tracer(), new Flows(), new Drops()];
      const listener = new Listener(namespaces(), { denying: namespacesThatDeny(session) });
      if (rules !== undefined) {
        tracer.start(namespaces(), rules.namespaces, matchOf(rules.probe, rules.marks));
        tracker.start(namespaces(), rules.namespaces);
        dropped.start();
      }
      const timer = setTimeout(() => {
        listeners.delete(id);
        listener.stop();
        dropped.stop([]);
        tracer.stop();
        tracker.stop(new Map());
      }, LISTEN_LIMIT);
      listeners.set(id, { listener, tracer, tracker, dropped, rules, timer });
      return { now: String(realTime()) };
    },
    captured: async ({ id }) => {
      const found = listeners.get(id);
      if (found === undefined) return { packets: [] };
      const { endsByNamespace } = await import("../services/trace/assemble.ts");
      if (!listeners.delete(id)) return { packets: [] };
      clearTimeout(found.timer);
      const { listener, tracer, tracker, dropped, rules } = found;
      const captured = listener.stop();
      const lost = dropped.stop(namespaces()).map(droppedText);
      const met = tracer.stop();
      const ends = rules === undefined ? new Map() : endsByNamespace(rules.probe, { ...rules, localPort: undefined, start: 0n, captured }); // prettier-ignore
      const flows = tracker.stop(ends);
      const { problem: noDrops } = dropped;
      return { packets: captured.map(packetText), ...met, flows, untraced: tracer.problems, lost, noDrops };
    },
    traceHere: async ({ probe, marks, rules, held }) => {
      const { sendTraced } = await import("../services/trace/trace-probe.ts");
      const options = {
        ...nameFiles(session),
        denying: namespacesThatDeny(session),
        marks,
        rules,
      };
      const places = namespaces();
      // At last: from then on the trace releases it.
      const sent = await sendTraced(probe, places, { ...options, held: takeHeld(held) });
      const { result, localPort, start, captured, lost, ...asked } = sent;
      return {
        ...asked,
        probe: result,
        localPort,
        start: String(start),
        captured: captured.map(packetText),
        lost: lost?.map(droppedText),
      };
    },
    listenForDenials: async ({ id }, { connection, emit }) => {
      const { listenForOthers } = await import("../services/probe/denials.ts");
      const listener = new AbortController();
      denialListeners.set(id, listener);
      const namespaces = namespacesThatDeny(session).flatMap((ns) => session.lab.runtime.find(ns) ?? []);
      const flows: DeniedFlow[] = [];
      const notify = (flow: DeniedFlow): void => {
        // Many at once go in one message.
        if (flows.push(flow) === 1) setImmediate(() => emit({ flows: flows.splice(0) }));
      };
      const ended = listenForOthers(namespaces, notify, AbortSignal.any([listener.signal, connection.gone]));
      emit({ flows: [] });
      await ended;
      denialListeners.delete(id);
      return {};
    },
    leaveDenials: ({ id }) => {
      denialListeners.get(id)?.abort();
      return {};
    },
    denied: async ({ flows }) => {
      const { takeDenied } = await import("../services/probe/denials.ts");
      takeDenied(flows);
      return {};
    },
    captureRead: ({ path, from }) => {
      const folder = `${realpathSync(session.lab.runtime.folder)}/captures/`;
      if (!realpathSync(path).startsWith(folder)) throw new UsageError(`${path} is not a capture of this lab`);
      const fd = openSync(path, "r");
      try {
        const buffer = Buffer.alloc(PART);
        return { data: buffer.toString("base64", 0, readSync(fd, buffer, 0, PART, from)) };
      } finally {
        closeSync(fd);
      }
    },
  };
}

function packetText({ time, bytes, link, ...rest }: CapturedPacket): CapturedPacketText {
  return { ...rest, time: String(time), bytes: bytes.toString("base64"), link: link?.toString("base64") };
}

function droppedText({ bytes, ...rest }: DroppedIn): DroppedPacketText {
  return { ...rest, bytes: bytes.toString("base64") };
}
