/** What the hub does for each request: asks the agents concerned, and combines their answers. */
import { once } from "node:events";
import type { MethodTable } from "../agent/connection.ts";
import type { LabSession } from "../agent/lab-session.ts";
import { sendState } from "../agent/send-state.ts";
import { storedMethods } from "../agent/methods-stored.ts";
import { EXIT, HostError, LabError, UsageError } from "../errors.ts";
import { HubCaptures } from "./captures.ts";
import { conditionsAcross } from "./conditions.ts";
import type { HubLab } from "./hub-lab.ts";
import type { LabMachine } from "./machine.ts";
import { observeAcross } from "./observe.ts";
import { probeAcross } from "./probe.ts";
import { traceAcross } from "./trace.ts";
import { isProgram } from "../resources/definitions.ts";

export function hubMethods(session: LabSession<HubLab>): MethodTable {
  const captures = new WeakMap<HubLab, HubCaptures>();
  const capturesOf = (lab: HubLab): HubCaptures => {
    const known = captures.get(lab) ?? new HubCaptures(lab);
    captures.set(lab, known);
    return known;
  };
  return {
    hello: async ({ client }, { connection }) => {
      const pid = /\bpid (\d+)$/.exec(client)?.[1];
      if (pid !== undefined) connection.pid = Number(pid);
      const { info } = session;
      if (info.phase !== "up") return info;
      const { lost, engines } = session.lab;
      const gone = engines.several ? await engines.lost() : [];
      const reported = engines.several
        ? { engines: engines.all.map(({ name }) => ({ name, answers: !gone.includes(name) })) }
        : {};
      return { ...info, ...reported, ...(lost.length === 0 ? {} : { lost }) };
    },
    place: (placement, { connection }) => {
      session.mustHoldLock(connection);
      session.lab.place(placement);
      return {};
    },
    adopt: (params, { connection }) => session.adopt(params, connection),
    lock: async ({ purpose }, { connection }) => {
      await session.takeLock(connection, purpose);
      return {};
    },
    observe: async (params, context) => sendState(await observeAcross(session.lab, params), context),
    apply: (params, { connection, emit }) => session.apply(params, connection, emit),
    operations: (portion, { connection }) => {
      session.receive(portion, connection);
      return {};
    },
    ...storedMethods(session),
    stats: async () => {
      const all = await session.lab.callAll("stats", {});
      const sum = (pick: (one: (typeof all)[number]) => number): number =>
        all.reduce((total, one) => total + pick(one), 0);
      return {
        rss: process.memoryUsage.rss() + sum(({ rss }) => rss),
        servers: sum(({ servers }) => servers),
        processes: sum(({ processes }) => processes),
        captures: sum(({ captures }) => captures),
        uptime: process.uptime(),
      };
    },
    down: (_params, { connection, emit }) => session.down(connection, emit),
    run: (params) => machineFor(session.lab, params.ns).call("run", params),
    enter: async ({ ns, ...rest }) => {
      const machine = machineFor(session.lab, ns);
      const entry = await machine.call("enter", { ns, ...rest });
      return { ...entry, container: { id: machine.container ?? "", engine: machine.host.address } };
    },
    feature: (params) => machineFor(session.lab, params.ns).call("feature", params),
    processLog: async ({ id }) => {
      const resource = session.lab.resources.get(id);
      if (resource === undefined || !isProgram(resource))
        throw new UsageError(`there is no process ${JSON.stringify(id)}`, "k8snet-lab inspect lists them");
      return machineFor(session.lab, resource.ns).call("processLog", { id });
    },
    probe: async ({ probes, concurrency }, { emit }) => ({
      results: await probeAcross(session.lab, machineFor, probes, concurrency, (done) =>
        emit({ done, total: probes.length }),
      ),
    }),
    denials: async () => {
      const counts = await session.lab.callAll("denials", {});
      return { denied: counts.flatMap(({ denied }) => denied) };
    },
    routeOf: (params) => machineFor(session.lab, params.ns).call("routeOf", params),
    ruleListing: (params) => machineFor(session.lab, params.ns).call("ruleListing", params),
    dropCounters: async (params) => {
      const parts = await session.lab.callAll("dropCounters", params);
      return { counters: Object.fromEntries(parts.flatMap(({ counters }) => Object.entries(counters))) };
    },
    accessLog: (params) => machineFor(session.lab, params.ns).call("accessLog", params),
    proxies: ({ ns }) => machineFor(session.lab, ns).call("proxies", { ns }),
    conditions: async () => ({
      conditions: await conditionsAcross(session.lab),
      changing: session.changing,
      ...session.holders.state,
    }),
    attachments: async () => {
      const all = await session.lab.callAll("attachments", {});
      return { attached: all.flatMap(({ attached }) => attached), left: all.flatMap(({ left }) => left) };
    },
    forgetLeftovers: async () => {
      const all = await session.lab.callAll("forgetLeftovers", {});
      return { forgotten: all.flatMap(({ forgotten }) => forgotten) };
    },
    connections: async (params) => {
      const counts = await session.lab.callAll("connections", params);
      return { open: counts.reduce((sum, { open }) => sum + open, 0) };
    },
    hold: (params, { emit }) => machineFor(session.lab, params.ns).call("hold", params, emit),
    trace: (params) => traceAcross(session.lab, machineFor(session.lab, params.probe.ns), params),
    captureStart: async (params) => ({ files: await capturesOf(session.lab).start(params) }),
    captureFlush: async ({ name }) => ({ files: await capturesOf(session.lab).read(name, "captureFlush") }),
    captureStop: async ({ name }) => ({ files: await capturesOf(session.lab).read(name, "captureStop") }),
    captureFollow: async (params, { connection, emit }) => {
      await Promise.race([capturesOf(session.lab).follow(params, emit), once(connection.gone, "abort")]);
      return {};
    },
    raiseLimits: () => {
      throw new HostError(
        "the neighbour tables are those of the engine's machine: they cannot be raised from here",
        "raise them there: k8snet-lab doctor LAB.yaml prints the command",
      );
    },
    machine: refuse,
    watch: refuse,
    listen: refuse,
    captured: refuse,
    listenForDenials: refuse,
    leaveDenials: refuse,
    denied: refuse,
    traceHere: refuse,
    captureRead: refuse,
  };
}

function machineFor(lab: HubLab, ns: string): LabMachine {
  const machine = lab.machineOf(ns);
  if (machine !== undefined) return machine.mustBeFilled();
  const network = lab.networkOf(ns);
  if (network !== undefined) {
    throw new UsageError(
      `${ns} is the Docker network ${network} here: programs cannot run there`,
      `look at its ports from the machines that are on it, or at the bridge on the engine's own machine: docker network inspect ${network}`,
    );
  }
  throw new UsageError(
    `there is no namespace ${JSON.stringify(ns)} in lab ${lab.name}`,
    `there are: ${lab.layout.machines.flatMap(({ namespaces }) => namespaces).join(", ")}`,
  );
}

function refuse(): never {
  throw new LabError("EMETHOD", EXIT.bug, "this is a method of a machine's agent, not of a lab's");
}
