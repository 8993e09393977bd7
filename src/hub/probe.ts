/** Probes from several machines at once: each sends its own, and what one of them denies is reported to the sender. */
import { addTo } from "../append.ts";
import { randomUUID } from "node:crypto";
import type { DeniedFlow, Probe, ProbeResult } from "../services/probe/protocol.ts";
import { deniesByPolicy } from "../resources/policy-names.ts";
import type { HubLab } from "./hub-lab.ts";
import type { LabMachine } from "./machine.ts";

interface Part {
  readonly at: number;
  readonly probe: Probe;
}

/** `machineFor`: throws for a namespace that is on no machine. Results in the order of the probes. */
export async function probeAcross(
  lab: HubLab,
  machineFor: (lab: HubLab, ns: string) => LabMachine,
  probes: readonly Probe[],
  concurrency: number | undefined,
  onProgress: (done: number) => void,
): Promise<readonly ProbeResult[]> {
  const parts = new Map<LabMachine, Part[]>();
  for (const [at, probe] of probes.entries()) addTo(parts, machineFor(lab, probe.ns), { at, probe });
  const results: ProbeResult[] = [];
  const done = new Map<LabMachine, number>();
  await whileListening(lab, [...parts.keys()], () =>
    Promise.all(
      [...parts].map(async ([machine, part]) => {
        const answer = await machine.call(
          "probe",
          { probes: part.map(({ probe }) => probe), ...(concurrency === undefined ? {} : { concurrency }) },
          (event) => {
            done.set(machine, event.done);
            onProgress([...done.values()].reduce((sum, one) => sum + one, 0));
          },
        );
        for (const [i, { at }] of part.entries()) {
          const result = answer.results[i];
          if (result !== undefined) results[at] = result;
        }
      }),
    ),
  );
  return results;
}

/** While `work` is done, all machines whose rules deny packets listen, and notify the senders. */
async function whileListening<T>(lab: HubLab, senders: readonly LabMachine[], work: () => Promise<T>): Promise<T> {
  const deniers = new Set<LabMachine>();
  for (const resource of lab.resources.values()) {
    const machine = deniesByPolicy(resource) ? lab.machineOf(resource.ns) : undefined;
    if (machine?.alive === true) deniers.add(machine);
  }
  // A denial on the sender's machine is received there.
  if ([...deniers].every((denier) => senders.length === 1 && denier === senders[0])) return work();
  const id = randomUUID();
  const listeners = [...new Set([...deniers, ...senders])];
  const ended = await Promise.all(
    listeners.map((listener) => {
      const notify = (flows: readonly DeniedFlow[]): void => {
        for (const sender of senders)
          if (sender !== listener) void sender.call("denied", { flows }).catch(() => undefined);
      };
      return listenForDenials(listener, id, notify);
    }),
  );
  try {
    return await work();
  } finally {
    await Promise.all(listeners.map((listener) => listener.call("leaveDenials", { id }).catch(() => undefined)));
    await Promise.all(ended.map(({ end }) => end));
  }
}

/** Resolves when it listens, or cannot: then its denials show only as timeouts of the probes. */
function listenForDenials(
  machine: LabMachine,
  id: string,
  notify: (flows: readonly DeniedFlow[]) => void,
): Promise<{ readonly end: Promise<void> }> {
  return new Promise((resolve) => {
    const end = machine
      .call("listenForDenials", { id }, ({ flows }) => {
        if (flows.length === 0) resolve({ end });
        else notify(flows);
      })
      .then(
        () => undefined,
        () => undefined,
      );
    void end.then(() => resolve({ end }));
  });
}
