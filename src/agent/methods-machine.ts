/** Methods for labs on several machines: what the hub asks of this machine's agent. */
import { closeSync, openSync, readSync, realpathSync } from "node:fs";
import { preparePorts } from "../apply/ports.ts";
import { UsageError } from "../errors.ts";
import type { AdoptedLab } from "./adopted-lab.ts";
import type { MethodTable } from "./connection.ts";
import type { LabSession } from "./lab-session.ts";
import { nameFiles, namespacesThatDeny } from "./methods-traffic.ts";
import type { DeniedFlow } from "../services/probe/protocol.ts";
import type { CapturedPacketText } from "./protocol-machine.ts";
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

export function machineMethods(session: LabSession<AdoptedLab>): Pick<MethodTable, MachineMethod> {
  const listeners = new Map<string, { listener: Listener; tracer: RuleTracer; timer: NodeJS.Timeout }>();
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
      const { matchOf, RuleTracer: Tracer } = await import("../services/trace/rule-tracer.ts");
      const tracer = new Tracer();
      const listener = new Listener(namespaces(), namespacesThatDeny(session));
      if (rules !== undefined) await tracer.start(namespaces(), rules.namespaces, matchOf(rules.probe, rules.marks));
      const timer = setTimeout(() => {
        listeners.delete(id);
        listener.stop();
        void tracer.stop();
      }, LISTEN_LIMIT);
      listeners.set(id, { listener, tracer, timer });
      return { now: String(realTime()) };
    },
    captured: async ({ id }) => {
      const found = listeners.get(id);
      if (found === undefined) return { packets: [] };
      listeners.delete(id);
      clearTimeout(found.timer);
      const packets = found.listener.stop().map(packetText);
      return { packets, rules: await found.tracer.stop(), untraced: found.tracer.problems };
    },
    traceHere: async ({ probe, marks, rules }) => {
      const { sendTraced } = await import("../services/trace/trace-probe.ts");
      const options = { ...nameFiles(session), denying: namespacesThatDeny(session), marks, rules };
      const { result, localPort, start, captured, ...traced } = await sendTraced(probe, namespaces(), options);
      const packets = captured.map(packetText);
      return {
        probe: result,
        localPort,
        start: String(start),
        captured: packets,
        rules: traced.rules,
        untraced: traced.untraced,
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

function packetText({ time, bytes, ...rest }: CapturedPacket): CapturedPacketText {
  return { ...rest, time: String(time), bytes: bytes.toString("base64") };
}
