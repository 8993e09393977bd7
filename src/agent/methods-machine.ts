/** Methods for labs of several machines: what this one's agent is asked by who speaks to all of them. */
import { closeSync, openSync, readSync, realpathSync } from "node:fs";
import { preparePorts } from "../apply/ports.ts";
import { UsageError } from "../errors.ts";
import type { AdoptedLab } from "./adopted-lab.ts";
import type { MethodTable } from "./connection.ts";
import type { LabSession } from "./lab-session.ts";
import type { HeardPacketText } from "./protocol-machine.ts";
import type { Listener } from "./trace/listener.ts";
import type { HeardPacket } from "./trace/order.ts";

type MachineMethod = "machine" | "listen" | "heard" | "traceHere" | "captureRead";

/** Milliseconds after which nobody will ask any more what was heard. */
const LISTEN_LIMIT = 30_000;
/** Bytes of a capture's file in one reply. */
const PART = 1024 * 1024;

export function machineMethods(session: LabSession<AdoptedLab>): Pick<MethodTable, MachineMethod> {
  const listeners = new Map<string, { listener: Listener; timer: NodeJS.Timeout }>();
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
    listen: async ({ id }) => {
      const { Listener, realTime } = await import("./trace/listener.ts");
      const listener = new Listener(namespaces());
      const timer = setTimeout(() => {
        listeners.delete(id);
        listener.stop();
      }, LISTEN_LIMIT);
      listeners.set(id, { listener, timer });
      return { now: String(realTime()) };
    },
    heard: ({ id }) => {
      const found = listeners.get(id);
      if (found === undefined) return { packets: [] };
      listeners.delete(id);
      clearTimeout(found.timer);
      return { packets: found.listener.stop().map(packetText) };
    },
    traceHere: async ({ probe }) => {
      const { sendTraced } = await import("./trace/trace-probe.ts");
      const { nameFiles } = await import("./methods-traffic.ts");
      const { result, marks, localPort, start, heard } = await sendTraced(probe, namespaces(), nameFiles(session));
      return { probe: result, marks, localPort, start: String(start), heard: heard.map(packetText) };
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

function packetText({ time, bytes, ...rest }: HeardPacket): HeardPacketText {
  return { ...rest, time: String(time), bytes: bytes.toString("base64") };
}
