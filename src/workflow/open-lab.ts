/** Gets hold of a lab that is up: connect to its agent, or start a new one in place of an agent that died. */
import { isFolder } from "../syntax/text-file.ts";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { AgentClient } from "../agent/client.ts";
import type { StoredLab } from "../agent/protocol.ts";
import type { Driver, RunningLab } from "../drivers/driver.ts";
import type { Placement } from "../engine/place.ts";
import { UsageError } from "../errors.ts";
import { didYouMean } from "../syntax/nearest.ts";
import type { Lab } from "../lab/lab.ts";
import { reviveLab } from "../load/revive-lab.ts";

export interface OpenLab {
  readonly client: AgentClient;
  readonly lab: Lab;
  /** What it is made of. */
  readonly stored: StoredLab;
  /** ISO time of the last up. */
  readonly since: string;
}

/** Throws UsageError when there is no such lab, or its agent is dead. The caller closes the client. */
export async function openLab(driver: Driver, name: string): Promise<OpenLab> {
  const client = await driver.connect(name);
  if (client === null) throw await missingLab(driver, name);
  const stored = await client.call("stored", {});
  if (stored === null) {
    client.close();
    throw new UsageError(
      `lab ${name} is still being built`,
      "wait for its up to finish, or take it down: k8snet-lab down " + name,
    );
  }
  return { client, lab: reviveLab(stored), stored, since: stored.at };
}

/** The record of a lab, if the driver has one. */
export async function findRecord(driver: Driver, name: string): Promise<RunningLab | undefined> {
  return (await driver.list()).find((record) => record.name === name);
}

/** What to say about a lab whose agent does not answer. */
export async function missingLab(driver: Driver, name: string): Promise<UsageError> {
  const records = await driver.list();
  if (records.some((record) => record.name === name)) {
    return new UsageError(
      `the agent of lab ${name} is dead; its servers, processes and captures are gone`,
      `k8snet-lab up LAB.yaml brings it back, k8snet-lab down ${name} removes it`,
    );
  }
  return noSuchLab(
    name,
    records.map((record) => record.name),
  );
}

/** `there`: names of labs that there are. */
export function noSuchLab(name: string, there: readonly string[], cwd = process.cwd()): UsageError {
  const file = ["yaml", "yml"]
    .flatMap((ending) => [`${name}.${ending}`, `labs/${name}.${ending}`])
    .find((path) => existsSync(resolve(cwd, path)));
  if (file !== undefined && !there.includes(name))
    return new UsageError(`lab ${name} is not up`, `k8snet-lab up ${file} starts it`);
  if (isFolder(resolve(cwd, name)))
    return new UsageError(
      `${name} is a folder, and no lab of this name is up`,
      `name a lab file in it: k8snet-lab up ${name}/FILE.yaml`,
    );
  return new UsageError(
    `there is no lab ${name}`,
    didYouMean(name, [...new Set(there)], "these are up") ?? "no lab is up: k8snet-lab up LAB.yaml",
  );
}

export interface RecoverOptions {
  /** An agent that has been started already. */
  readonly fresh?: AgentClient;
  readonly placement?: Placement | undefined;
  /** Only to take the lab down. */
  readonly leaving?: boolean;
}

/** A new agent that takes over the record of a dead one. */
export async function recoverLab(
  driver: Driver,
  name: string,
  file: string,
  { fresh, placement, leaving }: RecoverOptions = {},
): Promise<AgentClient> {
  const client = fresh ?? (await driver.start());
  try {
    await client.call("adopt", { lab: name, file, recover: true, placement, leaving });
  } catch (error) {
    client.close();
    throw error;
  }
  return client;
}
