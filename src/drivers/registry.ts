/** The registry of drivers. */
import { UsageError } from "../errors.ts";
import type { Driver } from "./driver.ts";
import { netnsDriver } from "./netns.ts";
import { rootlessDriver } from "./rootless.ts";

const DRIVERS = {
  netns: () => (process.getuid?.() === 0 ? netnsDriver() : rootlessDriver()),
} as const satisfies Record<string, () => Driver>;
export type DriverName = keyof typeof DRIVERS;

export const driverNames = Object.keys(DRIVERS) as readonly DriverName[];

/** Throws UsageError for a name that there is not. */
export function getDriver(name: string): Driver {
  if (Object.hasOwn(DRIVERS, name)) return DRIVERS[name as DriverName]();
  throw new UsageError(`there is no driver ${JSON.stringify(name)}`, `drivers: ${driverNames.join(", ")}`);
}
