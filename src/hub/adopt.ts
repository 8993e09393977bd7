/** How a hub adopts a lab: its lock, its record or a new one, what is left of it on the engines, its socket. */
import { existsSync, mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { listenAt } from "../agent/lab-socket.ts";
import type { SessionOptions } from "../agent/lab-session.ts";
import type { AdoptParams } from "../agent/protocol.ts";
import { labFolder, mustBeIntact, prepareParent, socketPath } from "../agent/state-folder.ts";
import type { EnginePlace } from "../engine/place.ts";
import { cannotWrite, EXIT, LabError } from "../errors.ts";
import { labContainers } from "./containers.ts";
import { LabEngines } from "./engines.ts";
import { HubLab } from "./hub-lab.ts";
import { releaseHubLock, takeHubLock } from "./hub-lock.ts";
import { presentNetworks } from "./overlay.ts";
import { readRecord, recordPath, writeRecord, type HubRecord } from "./record.ts";

/** Throws EBUSY when another process has the lab, EDEAD when one that died left it and `recover` is not set. */
export async function adoptHubLab(
  params: AdoptParams,
  { parent, onConnection }: SessionOptions<HubLab>,
  given: readonly EnginePlace[],
): Promise<HubLab> {
  const { lab, file, recover, placement } = params;
  prepareParent(parent);
  mustBeIntact(parent, lab);
  takeHubLock(parent, lab);
  let engines: LabEngines | undefined;
  try {
    const folder = labFolder(parent, lab);
    const old = readRecord(folder);
    const fresh = {
      engines: placement?.engines ?? given,
      places: placement?.nodes ?? {},
      asked: placement?.underlay ?? "auto",
    } as const;
    const record: HubRecord = old ?? { lab, file, ...fresh, committed: false, resources: [] };
    engines = new LabEngines(record.engines, record.places);
    const left = old !== undefined || (await hasLeftovers(engines, lab));
    if (left && !recover) {
      throw new LabError("EDEAD", EXIT.buildFailed, `lab ${lab} was left behind by a process that died`, {
        hint: `take it down: k8snet-lab down ${lab}; or take it over: k8snet-lab up`,
      });
    }
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const leaving = left && params.leaving === true;
    if (!existsSync(recordPath(folder)) && !leaving) writeRecord(folder, record);
    const socket = createServer(onConnection);
    const held = new HubLab(parent, record, engines, socket, left);
    if (left && placement !== undefined) held.place(placement);
    if (left && !leaving) await held.attach();
    await listenAt(socket, socketPath(parent, lab)).catch((error: unknown) => {
      if (!leaving) throw cannotWrite(socketPath(parent, lab), error);
    });
    return held;
  } catch (error) {
    engines?.close();
    releaseHubLock(parent, lab);
    throw error;
  }
}

/** For a lab without a record. Rejects with HostError when an engine does not answer. */
async function hasLeftovers(engines: LabEngines, lab: string): Promise<boolean> {
  const counts = await Promise.all(
    engines.all.map(async (host) => {
      const engine = await host.open();
      return (await labContainers(engine, lab)).size + (await presentNetworks(engine, lab)).size;
    }),
  );
  return counts.some((count) => count > 0);
}
