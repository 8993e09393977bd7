/** The registry of drivers. */
import { UsageError } from "../errors.ts";
import type { Driver } from "./driver.ts";
import { recordedLabs, stateParent } from "../agent/state-folder.ts";
import { dockerDriver, dockerParent, type DockerOptions } from "./docker.ts";
import { netnsDriver } from "./netns.ts";
import { rootlessDriver } from "./rootless.ts";

const DRIVERS = {
  netns: () => (process.getuid?.() === 0 ? netnsDriver() : rootlessDriver()),
  docker: dockerDriver,
} as const satisfies Record<string, (options: DockerOptions) => Driver>;
export type DriverName = keyof typeof DRIVERS;

export const driverNames = Object.keys(DRIVERS) as readonly DriverName[];

const PARENTS = { netns: stateParent, docker: dockerParent } as const satisfies Record<DriverName, () => string>;

/** Names of the drivers that have a record of the lab on this machine. */
export function driversOf(lab: string): readonly DriverName[] {
  return driverNames.filter((name) => recordedLabs(PARENTS[name]()).includes(lab));
}

export function anyRecordOf(driver: DriverName): boolean {
  return recordedLabs(PARENTS[driver]()).length > 0;
}

/** Throws UsageError for a name that there is not. */
export function getDriver(name: string, options: DockerOptions = {}): Driver {
  if (Object.hasOwn(DRIVERS, name)) return DRIVERS[name as DriverName](options);
  throw new UsageError(`unknown driver ${JSON.stringify(name)}`, `drivers: ${driverNames.join(", ")}`);
}
